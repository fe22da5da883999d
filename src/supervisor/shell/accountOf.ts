/**
 * Whom a service runs as, looked up once. libc reads files or asks a directory service, which may take its time, and the
 * next process of a service should not wait for that.
 */
import { statSync } from "node:fs";
import { type Identity, resolveIdentity } from "../../launch/identity.ts";
import { native, type UserRecord } from "../../native/addon.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { monotonicMs } from "../../values/clock.ts";

export interface Account {
  /** Undefined fields stay as the supervisor has them. */
  readonly identity: Identity;
  /** For HOME and the like; undefined where the supervisor's own user has no entry. */
  readonly record: UserRecord | undefined;
}

type Asked = Pick<ServiceSpec, "user" | "group" | "groups">;

/** What a directory service says is asked for again after this. */
const GOOD_FOR_MS = 60_000;
const FILES = ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf"];

const known = new Map<string, { readonly account: Account; readonly until: number }>();
let knownOf = "";

/** @throws DaemonError ERR_UNKNOWN_USER, ERR_UNKNOWN_GROUP */
export function accountOf({ user, group, groups }: Asked, now: number = monotonicMs()): Account {
  const files = FILES.map(versionOf).join();
  if (files !== knownOf) known.clear();
  knownOf = files;
  const key = keyOf({ user, group, groups });
  const found = known.get(key);
  if (found !== undefined && now < found.until) return found.account;
  const identity = resolveIdentity({ user: user ?? undefined, group: group ?? undefined, groups: groups ?? undefined });
  const account = { identity, record: recordOf(identity) };
  known.set(key, { account, until: now + GOOD_FOR_MS });
  return account;
}

/** What was found out last, however long ago: nobody is asked. */
export function knownAccount(asked: Asked): Account | undefined {
  return known.get(keyOf(asked))?.account;
}

function keyOf({ user, group, groups }: Asked): string {
  return JSON.stringify([user, group, groups]);
}

function recordOf({ uid, gid, account }: Identity): UserRecord | undefined {
  if (account !== undefined) return account;
  if (uid === undefined) return native().user(process.geteuid?.() ?? 0) ?? undefined;
  // A number without an entry: the supervisor's HOME would be somebody else's.
  return { name: String(uid), uid, gid: gid ?? 0, home: "/", shell: "/bin/sh" };
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}

/** User, group and supplementary groups: names are looked up before anything is started, by libc, so directory services answer too. */
import { native, type UserRecord } from "../native/addon.ts";
import { DaemonError } from "./errors.ts";
import { noNewPrivileges, type Plan, plan, setGid, setGroups, setUid } from "./steps.ts";

export interface Identity {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Undefined leaves them as they are. */
  readonly groups: readonly number[] | undefined;
  /** The account's entry, for HOME, USER, LOGNAME and SHELL. */
  readonly account: UserRecord | undefined;
}

/** Names or numbers. */
export interface AskedIdentity {
  readonly user?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly groups?: readonly (string | number)[] | undefined;
}

/**
 * Whom a program is to run as. A user brings its own group and supplementary groups along, unless they are given; a
 * group alone leaves none of the caller's. Throws a DaemonError for a name that isn't there.
 */
export function resolveIdentity({ user, group, groups }: AskedIdentity): Identity {
  const account = user === undefined ? undefined : findUser(user);
  const uid = account?.uid ?? (typeof user === "number" ? user : undefined);
  const gid = group === undefined ? account?.gid : findGroup(group);
  if (uid !== undefined && gid === undefined) {
    throw DaemonError.own("ERR_UNKNOWN_USER", "user", "it has no entry, so its group is unknown", {
      subject: String(user),
      hint: "give a group as well",
    });
  }
  return { uid, gid, groups: supplementary(groups, account, gid), account };
}

/** The steps that become it, in the only order that works: groups, gid, uid. None where nothing would change. */
export function identitySteps({ uid, gid, groups }: Identity, options: { readonly noNewPrivileges: boolean }): Plan {
  const unprivileged = process.geteuid?.() !== 0;
  const same = unprivileged && (uid === undefined || uid === process.geteuid?.()) && (gid === undefined || gid === process.getegid?.());
  return plan(
    groups !== undefined && !(same && isCurrent(groups)) && setGroups(groups),
    gid !== undefined && setGid(gid),
    uid !== undefined && setUid(uid),
    options.noNewPrivileges && noNewPrivileges(),
  );
}

/** As initgroups(3) has it; an unprivileged caller who stays itself already has what it may have. */
function isCurrent(groups: readonly number[]): boolean {
  const current = new Set([...(process.getgroups?.() ?? []), process.getegid?.()]);
  return groups.every((gid) => current.has(gid));
}

function supplementary(
  groups: AskedIdentity["groups"],
  account: UserRecord | undefined,
  gid: number | undefined,
): readonly number[] | undefined {
  if (groups !== undefined) return [...new Set(groups.map(findGroup))];
  if (account !== undefined && gid !== undefined) return native().groupsOf(account.name, gid);
  return gid === undefined ? undefined : [gid];
}

function findUser(user: string | number): UserRecord | undefined {
  const found = native().user(user);
  if (found === null && typeof user === "string") {
    throw DaemonError.own("ERR_UNKNOWN_USER", "user", "there is no such user", { subject: user, hint: "see getent passwd" });
  }
  return found ?? undefined;
}

function findGroup(group: string | number): number {
  if (typeof group === "number") return group;
  const found = native().group(group);
  if (found === null) {
    throw DaemonError.own("ERR_UNKNOWN_GROUP", "group", "there is no such group", { subject: group, hint: "see getent group" });
  }
  return found;
}

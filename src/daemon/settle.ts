/** What the daemon does in its own process, once Node runs in it: the steps that Node would undo or could not live with before. */
import { openSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { type Identity, resolveIdentity } from "../launch/identity.ts";
import { apply } from "../launch/run.ts";
import { chroot, dumpable, ignoreSignal, plan } from "../launch/steps.ts";
import { ERRNO } from "../values/errno.ts";
import type { CheckedCreateDaemonOptions } from "./options.ts";

/** Leaves the process as the options have it, or throws the DaemonError of the step that failed. */
export function settle(options: CheckedCreateDaemonOptions): void {
  if (options.name !== undefined) process.title = options.name;
  process.umask(options.umask);
  // Names are looked up before the root changes: the accounts are those of the system.
  const identity = resolveIdentity(options);
  if (options.chroot !== undefined) apply(plan(chroot(options.chroot)));
  attempt("chdir", options.cwd, () => process.chdir(options.cwd));
  becomeUser(identity);
  // A change of user makes the process undumpable, whatever was asked for.
  if (options.coreDump !== undefined) apply(plan(dumpable(options.coreDump)));
  // Node puts every disposition back to default when it starts; a handler of the program's own stays.
  if (options.hangup === "ignore" && process.listenerCount("SIGHUP") === 0) apply(plan(ignoreSignal("SIGHUP")));
}

/** For the moment when standard error needs not be read back any more; taken before the root changes. */
export function openNullDevice(): number {
  return attempt("openAt", "/dev/null", () => openSync("/dev/null", "r+"));
}

/** Through libc, which changes every thread of the process. Order: groups, gid, uid. */
function becomeUser({ uid, gid, groups }: Identity): void {
  const { setgroups, setgid, setuid } = process;
  if (groups !== undefined && !isUnchanged(uid, gid)) attempt("setGroups", groups.join(","), () => setgroups?.([...groups]));
  if (gid !== undefined) attempt("setGid", String(gid), () => setgid?.(gid));
  if (uid === undefined) return;
  attempt("setUid", String(uid), () => setuid?.(uid));
  if (uid !== 0 && canBeRootAgain())
    throw DaemonError.fromErrno("setUid", ERRNO.ENOTRECOVERABLE, String(uid), "root could be regained: drop its capabilities");
}

/** An unprivileged caller that stays itself may not call setgroups(2), and needs not. */
function isUnchanged(uid: number | undefined, gid: number | undefined): boolean {
  const own = process.geteuid?.();
  return own !== 0 && (uid === undefined || uid === own) && (gid === undefined || gid === process.getegid?.());
}

function canBeRootAgain(): boolean {
  try {
    process.seteuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function attempt<T>(step: string, subject: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw DaemonError.from(error, step, subject);
  }
}

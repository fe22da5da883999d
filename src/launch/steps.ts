/**
 * The steps of launch plans, named as the books name them. A plan is data: it
 * is composed here, printed by describe.ts, encoded by encode.ts and run by the
 * native interpreter, which stops at the first step that fails.
 */
/** Bytes reach the kernel as they are; strings as UTF-8. */
export type Text = string | Uint8Array;

export type Signal = NodeJS.Signals;

export type OpenMode = "r" | "w" | "a" | "rw";

export type Step =
  | { readonly op: "fork" | "setsid" | "defaultSignals" | "noNewPrivileges" }
  | { readonly op: "setpgid"; readonly group: number }
  | { readonly op: "ignoreSignal" | "parentDeathSignal"; readonly signal: Signal }
  | { readonly op: "signalMask"; readonly blocked: readonly Signal[] }
  | { readonly op: "chdir" | "chroot" | "joinCgroup"; readonly path: string }
  | { readonly op: "umask"; readonly mask: number }
  | { readonly op: "setLimit"; readonly resource: number; readonly soft: number; readonly hard: number }
  | { readonly op: "nice" | "oomScore"; readonly value: number }
  | { readonly op: "ioPriority" | "scheduler"; readonly policy: number; readonly level: number }
  | { readonly op: "setGroups"; readonly gids: readonly number[] }
  | { readonly op: "setGid" | "setUid"; readonly id: number }
  | { readonly op: "dumpable"; readonly on: boolean }
  | { readonly op: "closeFdsFrom"; readonly lowest: number; readonly except: readonly number[]; readonly onExec: boolean }
  | {
      readonly op: "openAt";
      readonly fd: number;
      readonly path: string;
      readonly open: OpenMode;
      readonly mode: number;
      readonly truncate: boolean;
      readonly owners: readonly number[] | undefined;
    }
  | { readonly op: "dup"; readonly from: number; readonly to: number }
  | { readonly op: "writePid"; readonly fd: number; readonly path: string }
  | { readonly op: "pidVariable"; readonly name: string }
  | { readonly op: "exec"; readonly file: Text; readonly argv: readonly Text[]; readonly env: readonly Text[] };

export type Plan = readonly Step[];

/** Puts steps together, leaving out what a condition made `false` or `undefined`. */
export function plan(...steps: readonly (Step | readonly Step[] | false | undefined)[]): Plan {
  return steps.flatMap((step) => (step === false || step === undefined ? [] : step));
}

/** fork(2): the child goes on with the next step. At most two, and only in a plan that ends in {@link exec}. */
export const fork = (): Step => ({ op: "fork" });
/** setsid(2): lead a new session, which has no controlling terminal. */
export const setsid = (): Step => ({ op: "setsid" });
/** setpgid(2) of the process itself; 0 makes it lead a group of its own. */
export const setpgid = (group: number): Step => ({ op: "setpgid", group });
/** signal(7): disposition SIG_IGN, which survives exec. */
export const ignoreSignal = (signal: Signal): Step => ({ op: "ignoreSignal", signal });
/** Every disposition to SIG_DFL, the ignored ones too. */
export const defaultSignals = (): Step => ({ op: "defaultSignals" });
/** sigprocmask(2): what is blocked once the program runs. Until then everything is. */
export const signalMask = (blocked: readonly Signal[]): Step => ({ op: "signalMask", blocked });
export const chdir = (path: string): Step => ({ op: "chdir", path });
/** chroot(2) alone: a {@link chdir} must follow, or the old directory stays reachable. */
export const chroot = (path: string): Step => ({ op: "chroot", path });
export const umask = (mask: number): Step => ({ op: "umask", mask });
/** setrlimit(2), the resource by its number (values/limits.ts); -1 is unlimited. */
export const setLimit = (resource: number, soft: number, hard: number): Step => ({ op: "setLimit", resource, soft, hard });
/** setpriority(2): the nice value itself, -20 to 19. */
export const nice = (value: number): Step => ({ op: "nice", value });
/** ioprio_set(2): class 1 real-time, 2 best effort, 3 idle; level 0 (high) to 7. */
export const ioPriority = (policy: number, level: number): Step => ({ op: "ioPriority", policy, level });
/** sched_setscheduler(2): 0 other, 1 fifo, 2 round robin, 3 batch, 5 idle; static priority. */
export const scheduler = (policy: number, level: number): Step => ({ op: "scheduler", policy, level });
/** proc(5), oom_score_adj: -1000 to 1000. */
export const oomScore = (value: number): Step => ({ op: "oomScore", value });
/**
 * cgroups(7): `path` is the directory of the cgroup. Unless a step between the last {@link fork} and this one changes the
 * directory, the root or the user, the process begins its life in it, which saves some 14 ms.
 */
export const joinCgroup = (path: string): Step => ({ op: "joinCgroup", path: `${path}/cgroup.procs` });
/** setgroups(2), verified. */
export const setGroups = (gids: readonly number[]): Step => ({ op: "setGroups", gids });
/** setresgid(2) of all three, verified. */
export const setGid = (id: number): Step => ({ op: "setGid", id });
/** setresuid(2) of all three, verified; fails with ENOTRECOVERABLE where root could be regained. */
export const setUid = (id: number): Step => ({ op: "setUid", id });
/** prctl(2), PR_SET_NO_NEW_PRIVS. */
export const noNewPrivileges = (): Step => ({ op: "noNewPrivileges" });
/** prctl(2), PR_SET_DUMPABLE. Belongs to the memory, not the process, and exec resets it: only for a plan without exec. */
export const dumpable = (on: boolean): Step => ({ op: "dumpable", on });
/** prctl(2), PR_SET_PDEATHSIG. A later {@link setUid} clears it. */
export const parentDeathSignal = (signal: Signal): Step => ({ op: "parentDeathSignal", signal });
/** close_range(2) around the exceptions. With `onExec` they are closed by a successful exec, and stay open if it fails. */
export const closeFdsFrom = (
  lowest: number,
  { except = [], onExec = false }: { except?: readonly number[]; onExec?: boolean } = {},
): Step => ({
  op: "closeFdsFrom",
  lowest,
  except: [...new Set(except)].sort((a, b) => a - b),
  onExec,
});
/**
 * open(2) at a given descriptor, never acquiring a terminal and never waiting for a FIFO's peer.
 * "w" and "a" create the file with `mode` (0o640); only "w" with `truncate` empties it.
 * The path "/dev/null" must be the null device, or the step fails with ENODEV.
 *
 * With `owners`, uids, it is a log: a symbolic link as its last component is not followed (ELOOP), and a regular file must
 * have no other name (EMLINK) and belong to one of them (EPERM), or the step fails and leaves it as it was.
 */
export const openAt = (
  fd: number,
  path: string,
  open: OpenMode,
  { mode = 0o640, truncate = false, owners }: { mode?: number; truncate?: boolean; owners?: readonly number[] | undefined } = {},
): Step => ({
  op: "openAt",
  fd,
  path,
  open,
  mode,
  truncate,
  owners,
});
/** dup3(2). From a descriptor to itself it only clears close-on-exec. */
export const dup = (from: number, to: number): Step => ({ op: "dup", from, to });
/** Empties the file and writes the process's own pid and a newline. `path` is for the error. */
export const writePid = (fd: number, path: string): Step => ({ op: "writePid", fd, path });
/** Sets a variable of the environment that {@link exec} passes on to the process's own pid (LISTEN_PID, WATCHDOG_PID). */
export const pidVariable = (name: string): Step => ({ op: "pidVariable", name });
/** execve(2), without a search in PATH. `env` holds one "NAME=value" each. */
export const exec = (file: Text, argv: readonly Text[], env: readonly Text[]): Step => ({ op: "exec", file, argv, env });

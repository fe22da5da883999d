/**
 * Starts daemonitor-init, the parent of everything, with the descriptors that it is to hold and the supervisor's command:
 *
 *   launchInit({ ...how, held: new Map([["tree-lock", lock.fd], ["api", listening]]), log })   a tree in the background
 *   becomeInit({ ...how, held })                                                               this very process, in the foreground
 *   relaunch(inherited.held, command)                                                          a supervisor whose init died
 */
import { accessSync, closeSync, constants } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import { apply, launch } from "../../launch/run.ts";
import {
  chdir,
  closeFdsFrom,
  defaultSignals,
  dup,
  exec,
  fork,
  ignoreSignal,
  openAt,
  type Plan,
  plan,
  type Step,
  setLimit,
  setsid,
  signalMask,
  umask,
} from "../../launch/steps.ts";
import { initProgram, native } from "../../native/addon.ts";
import { resourceNumber } from "../../values/limits.ts";
import { treeEnvironment } from "./treeEnvironment.ts";

export interface InitLaunch {
  /** Open descriptors by the name under which init holds them; ours stay as they are. */
  readonly held: ReadonlyMap<string, number>;
  /** The supervisor's program (an absolute path) and its arguments. */
  readonly supervisor: readonly string[];
  /** What {@link treeEnvironment} takes from is kept. */
  readonly env: NodeJS.ProcessEnv;
}

/** As many files as the kernel lets the first process have, and select(2) can take. */
const OPEN_FILES = 1024;

/**
 * Makes a daemon of init by the classic recipe and returns its pid once it has been executed.
 *
 * @param log where its standard output and error go, and the supervisor's: an open descriptor
 * @throws DaemonError with the step that failed; then nothing runs
 */
export function launchInit({ log, ...how }: InitLaunch & { readonly log: number }): number {
  const held = [...how.held.values()];
  const { pid, pidfd } = passing(held, () =>
    launch(
      plan(
        fork(),
        setsid(),
        ignoreSignal("SIGHUP"),
        fork(),
        settled(),
        closeFdsFrom(0, { except: [log, ...held] }),
        openAt(0, "/dev/null", "r"),
        dup(log, 1),
        dup(log, 2),
        executes(how, treeEnvironment(how.env)),
      ),
    ),
  );
  if (pidfd >= 0) closeSync(pidfd);
  return pid;
}

/**
 * Makes init of this very process, for a service manager or as pid 1 of a container: standard input, output and error and
 * the session are the caller's. Where to report readiness (NOTIFY_SOCKET) is kept for the supervisor.
 *
 * @returns only by throwing: a DaemonError with the step that failed
 */
export function becomeInit(how: InitLaunch): never {
  const held = [...how.held.values()];
  passing(held, () =>
    apply(
      plan(
        settled(),
        // Until exec has succeeded they are needed here, to say that it didn't.
        closeFdsFrom(3, { except: held, onExec: true }),
        // Node marked them close-on-exec when it started.
        [0, 1, 2].map((fd) => dup(fd, fd)),
        executes(how, treeEnvironment(how.env, ["NOTIFY_SOCKET"])),
      ),
    ),
  );
  throw DaemonError.fromErrno("exec", 5, initProgram());
}

/**
 * For a supervisor that lost its init while it has the tree's lock: a new init, with all that the old one held and a
 * supervisor of its own, which adopts the services. Then the caller ends. Its standard error, the tree's log, goes on.
 *
 * @param held all of them, the lock (TREE_LOCK) among them
 * @throws DaemonError with the step that failed: try again later, services are none the worse
 */
export function relaunch(held: ReadonlyMap<string, number>, supervisor: readonly string[]): number {
  return launchInit({ held, supervisor, env: process.env, log: 2 });
}

/**
 * Independent of who runs the first command: its directory, mask and limits are not for services that come later.
 * Not the recipe's mask of 0: init creates no files, but what runs below it, with a mask or without knowing of one, may.
 */
function settled(): Plan {
  const files = resourceNumber("nofile");
  const [, hard] = native().limit(files, 0);
  return plan(
    defaultSignals(),
    signalMask([]),
    chdir("/"),
    umask(0o022),
    // Node has raised its own to the hard limit; what it was can't be told any more.
    setLimit(files, hard < 0 ? OPEN_FILES : Math.min(OPEN_FILES, hard), hard),
  );
}

/** @throws DaemonError where init could not execute the supervisor: nobody would be told by init */
function executes({ held, supervisor }: InitLaunch, env: readonly string[]): Step {
  const program = initProgram();
  checkProgram(supervisor[0] ?? "");
  const holds = [...held].flatMap(([name, fd]) => ["--hold", `${name}=${fd}`]);
  return exec(program, ["daemonitor-init", ...holds, "--", ...supervisor], env);
}

function checkProgram(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw DaemonError.from(error, "exec", path);
  }
}

/** Lets exec pass them on, without a step of the plan for each: there may be more of them than a plan can have steps. */
function passing<T>(fds: readonly number[], act: () => T): T {
  try {
    for (const fd of fds) native().setCloseOnExec(fd, false);
    return act();
  } finally {
    for (const fd of fds) native().setCloseOnExec(fd, true);
  }
}

/** createDaemon: detach a process from the controlling terminal and run it in the background as a daemon. */
import { DaemonError, EXIT, OptionError } from "../launch/errors.ts";
import { resolveIdentity } from "../launch/identity.ts";
import { resourceSteps } from "../launch/resources.ts";
import { apply } from "../launch/run.ts";
import { noNewPrivileges, plan } from "../launch/steps.ts";
import { native } from "../native/addon.ts";
import { redirectSelf, staysAttached, withInheritedStreams } from "./attached.ts";
import { type Daemon, type Launcher, reportFailure, runningDaemon } from "./daemon.ts";
import { applyEnvironment, composeEnvironment } from "./environment.ts";
import { type Handoff, progress } from "./handoff.ts";
import { launchSelf } from "./launchSelf.ts";
import { type CheckedCreateDaemonOptions, type CreateDaemonOptions, checkCreateDaemonOptions } from "./options.ts";
import { PidFile } from "./pidFile.ts";
import { removeAtEnd } from "./removeAtEnd.ts";
import { openNullDevice, settle } from "./settle.ts";
import { rememberStarter } from "./startedBy.ts";

/** What `errors: "return"` gives back instead of throwing: the recipe's tuple. */
export type ErrorTuple = [errno: number, strerror: string];

/** In the daemon a Daemon; in the launcher nothing, unless the options ask for it, or may ask for it. */
export type Created<O extends CreateDaemonOptions> =
  | Daemon
  | (Admits<O, "exitLauncher", false> extends true ? Launcher : never)
  | (Admits<O, "errors", "return"> extends true ? ErrorTuple : never);

type Admits<O, Key extends string, Value> = Key extends keyof O ? (Value extends O[Key] ? true : false) : false;

/**
 * Makes the calling program a daemon. Node can't fork, so the same program is started again under the classic recipe,
 * and what stands before the call runs twice: call it first. Synchronous. In the launcher it does not return: that exits
 * with 0 when the daemon is ready. In the daemon it returns the {@link Daemon}.
 *
 * Defaults are the recipe's: SIGHUP ignored, directory `/`, umask 0, every descriptor closed, standard streams on
 * `/dev/null`, two forks. Relative paths count from the caller's directory.
 *
 * @throws DaemonError in the launcher: the step that failed, its errno and strerror, or how the daemon ended before it was ready
 * @throws OptionError (a TypeError) for an option that is unknown, ill-typed or at odds with another one
 * @see APUE ch. 13.3; daemon(7); the Unix programming FAQ 1.7
 * @example
 * const daemon = createDaemon({ pidFile: "/run/hello.pid" });
 * // from here on, only the daemon runs
 */
export function createDaemon<const O extends CreateDaemonOptions = Record<never, never>>(options?: O): Created<O> {
  return create(options) as Created<O>;
}

/** Whether this process is a daemon that {@link createDaemon} made: true already before the call returns, in the second run. */
export function isDaemon(): boolean {
  const { stage, handoff } = progress();
  return stage === "daemon" || handoff !== undefined;
}

function create(input: CreateDaemonOptions | undefined): Daemon | Launcher | ErrorTuple {
  const { handoff, stage } = progress();
  if (handoff !== undefined && stage === undefined) {
    if (handoff.isForUs()) return becomeDaemon(input, handoff);
    progress().handoff = undefined;
  }
  const stays = staysAttached(input);
  const options = checkCreateDaemonOptions(stays ? withInheritedStreams(input) : input);
  try {
    assertCallable();
    progress().stage = "called";
    return stays ? becomeAttached(options) : becomeLauncher(options);
  } catch (error) {
    return fail(error, options.errors);
  }
}

/** The second run. What fails here is the launcher's to tell. */
function becomeDaemon(input: CreateDaemonOptions | undefined, inherited: Handoff): Daemon {
  progress().stage = "daemon";
  try {
    const options = checkCreateDaemonOptions(input, { descriptors: false });
    const { pidFile: file, memoryStderr, starter, state } = inherited.inheritance;
    rememberStarter(starter);
    const pidFile = file === undefined ? undefined : PidFile.adopt(file.fd, file.path);
    if (pidFile !== undefined) removeAtEnd(pidFile);
    const nullDevice = memoryStderr ? openNullDevice() : undefined;
    settle(options);
    const daemon = runningDaemon({ handoff: inherited, state: state === undefined ? undefined : deserialize(state), pidFile, nullDevice });
    if (options.ready === "return") daemon.ready();
    return daemon;
  } catch (error) {
    reportFailure(inherited, error);
    process.exit(error instanceof DaemonError || error instanceof OptionError ? error.exitCode : EXIT.software);
  }
}

function becomeLauncher(options: CheckedCreateDaemonOptions): Launcher {
  const pid = launchSelf(options);
  // The daemon owns what an exit handler of the program would clean up.
  return options.exitLauncher ? native().exitNow(EXIT.ok) : { role: "launcher", pid };
}

/** Without detaching: all of it but the forks and the closing of descriptors, which Node needs. */
function becomeAttached(options: CheckedCreateDaemonOptions): Daemon {
  const { uid, account } = resolveIdentity(options);
  const environment = composeEnvironment(options, account);
  const pidFile = options.pidFile === undefined ? undefined : PidFile.acquire(options.pidFile);
  try {
    pidFile?.write();
    redirectSelf(options, uid, options.name ?? process.title);
    apply(plan(resourceSteps(options), options.noNewPrivileges && noNewPrivileges()));
    applyEnvironment(environment);
    settle(options);
  } catch (error) {
    pidFile?.remove();
    throw error;
  }
  if (pidFile !== undefined) removeAtEnd(pidFile);
  progress().stage = "daemon";
  const state = options.state === undefined ? undefined : deserialize(options.state);
  const daemon = runningDaemon({ handoff: undefined, state, pidFile, nullDevice: undefined });
  if (options.ready === "return") daemon.ready();
  return daemon;
}

function assertCallable(): void {
  if (!process.getBuiltinModule("node:worker_threads").isMainThread) {
    throw DaemonError.own("ERR_WORKER_THREAD", "createDaemon", "a worker thread can't become a daemon", {
      hint: "call it in the main thread",
    });
  }
  if (progress().stage !== undefined) {
    throw DaemonError.own("ERR_CALLED_TWICE", "createDaemon", "it was called in this process before", {
      hint: "call it once, first of all",
    });
  }
}

function fail(error: unknown, how: CheckedCreateDaemonOptions["errors"]): ErrorTuple {
  if (!(error instanceof DaemonError) || how === "throw") throw error;
  if (how === "return") return [error.errno, error.strerror];
  const words = error.lastWords === undefined ? "" : `\n${error.lastWords}`;
  process.stderr.write(`${error.message}${words}\n`);
  process.exit(error.exitCode);
}

function deserialize(state: Uint8Array): unknown {
  return process.getBuiltinModule("node:v8").deserialize(state);
}

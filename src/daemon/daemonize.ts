/** daemonize: makes a daemon of any program. */
import { describePlan } from "../launch/describe.ts";
import type { Environment } from "../launch/environment.ts";
import { OptionError } from "../launch/errors.ts";
import { findProgram } from "../launch/findProgram.ts";
import { identitySteps, resolveIdentity } from "../launch/identity.ts";
import { apply } from "../launch/run.ts";
import { exec, type Plan, plan, type Text } from "../launch/steps.ts";
import { staysAttached, withInheritedStreams, withStreams } from "./attached.ts";
import type { Cleanup } from "./cleanup.ts";
import { composePlan, type PlanParts, placeSteps } from "./composePlan.ts";
import { driveAsync } from "./drive.ts";
import { composeEnvironment } from "./environment.ts";
import { launchDaemon } from "./launchDaemon.ts";
import { wordsOn } from "./launchling.ts";
import { keepForOtherProgram, keepInPlace } from "./managerVariables.ts";
import { type CheckedDaemonizeOptions, checkDaemonizeOptions, type DaemonizeOptions, type Program } from "./options.ts";
import { PidFile } from "./pidFile.ts";
import type { ReadinessSource } from "./readiness.ts";
import { LineSource, NotifySource } from "./readinessSources.ts";
import { composeStreams, OWN_FDS_FROM } from "./streams.ts";

type Checked = CheckedDaemonizeOptions & Program;

/**
 * Starts a program as a daemon and resolves to its pid, when it is ready: once it was executed, or as `ready` has it. The
 * event loop is held up for the launch alone (under a millisecond), not for the wait.
 *
 * Defaults are those of {@link createDaemon}. A file without a slash is looked up in the PATH that the program will have;
 * one with a slash is relative to the caller's directory, and so are all paths in the options. With `detach: false` the
 * program takes the place of the calling process, and the promise only ever rejects.
 *
 * @throws DaemonError the step that failed with its errno, or how the program ended before it was ready
 * @throws OptionError (a TypeError) for an option that is unknown, ill-typed or at odds with another one
 * @see daemon(7); execve(2)
 * @example
 * const pid = await daemonize("redis-server", ["--supervised", "systemd"], { ready: "notify", user: "redis" });
 */
export async function daemonize(file: Text, args: readonly Text[] = [], options: DaemonizeOptions = {}): Promise<number> {
  const stays = staysAttached(options);
  const checked = checkDaemonizeOptions(file, args, stays ? withInheritedStreams(options) : options);
  checked.signal?.throwIfAborted();
  const base = compose(checked);
  if (stays) return replaceSelf(checked, base);
  return driveAsync(
    launchDaemon(checked, base.owner, (cleanup) => {
      const { source, ...readiness } = openReadiness(checked, base.environment, base.keep, cleanup);
      return {
        name: base.name,
        stderr: checked.stderr,
        words: wordsOn(checked.stderr, checked.truncate),
        keep: base.keep,
        place: base.place,
        pidVariables: base.pidVariables,
        exec: base.exec(),
        source,
        ...readiness,
      };
    }),
    checked.signal,
  );
}

/**
 * The launch plan that {@link daemonize} would run, a step a line; nothing is started, locked or opened. Descriptors that
 * only a launch opens (the pid file's, a notification pipe's) are shown by the number 64.
 */
export function describeDaemonize(file: Text, args: readonly Text[] = [], options: DaemonizeOptions = {}): string {
  const stays = staysAttached(options);
  const checked = checkDaemonizeOptions(file, args, stays ? withInheritedStreams(options) : options);
  return describePlan(dryPlan(checked, compose(checked), !stays));
}

/** What does not depend on anything that must be opened. */
interface Base {
  readonly name: string;
  readonly owner: number | undefined;
  readonly environment: Environment;
  readonly keep: readonly number[];
  readonly pidVariables: readonly string[];
  readonly place: Plan;
  /** Last of all, when the environment is complete. */
  exec(): Plan[number];
}

function compose(options: Checked): Base {
  const identity = resolveIdentity(options);
  const environment = composeEnvironment(options, identity.account);
  const { listenFds, pidVariables } = (staysAttached(options) ? keepInPlace : keepForOtherProgram)(environment);
  const file = findProgram(options.file, environment.get("PATH") ?? "", options.chroot);
  return {
    name: options.name ?? baseName(options.file),
    owner: identity.uid,
    environment,
    keep: [...options.keepFds, ...listenFds],
    pidVariables,
    place: plan(placeSteps(options), identitySteps(identity, options)),
    exec: () => exec(file, options.argv, environment.entries()),
  };
}

interface OpenReadiness extends Pick<PlanParts, "hand"> {
  readonly source: ReadinessSource | undefined;
  launched(pid: number): void;
}

function openReadiness({ ready }: Checked, environment: Environment, keep: readonly number[], cleanup: Cleanup): OpenReadiness {
  switch (ready.on) {
    case "started":
      return { source: undefined, launched: () => undefined };
    case "notify": {
      const source = new NotifySource();
      cleanup.add(() => source.close());
      environment.set("NOTIFY_SOCKET", source.address);
      return { source, launched: (pid) => source.listenTo(pid) };
    }
    case "fd": {
      if (keep.includes(ready.fd))
        throw new OptionError(
          "ready",
          `option 'ready': descriptor ${ready.fd} is a socket that was passed to this process: choose another one`,
        );
      const source = new LineSource();
      cleanup.add(() => source.close());
      return { source, hand: [[source.writeEnd, ready.fd]], launched: () => source.handedOver() };
    }
  }
}

/** The program takes our place, so what it needs stays open, and only an error comes back. */
function replaceSelf(options: Checked, base: Base): never {
  const pidFile =
    options.pidFile === undefined ? undefined : PidFile.acquire(options.pidFile, base.owner === undefined ? {} : { owner: base.owner });
  try {
    withStreams(options, base.owner, base.name, (streams) => {
      apply(composePlan(options, { ...base, detach: false, streams, pidFile, exec: base.exec() }));
    });
  } catch (error) {
    pidFile?.remove();
    throw error;
  }
  throw new Error("exec returned without an error");
}

/** Stand-ins for what only a launch opens. */
function dryPlan(options: Checked, base: Base, detach: boolean): Plan {
  const streams = composeStreams(options, base.owner, OWN_FDS_FROM, { copy: (fd) => fd, close: () => undefined });
  const pidFile = options.pidFile === undefined ? undefined : { fd: OWN_FDS_FROM, path: options.pidFile };
  const hand: PlanParts["hand"] = options.ready.on === "fd" ? [[OWN_FDS_FROM, options.ready.fd]] : [];
  if (options.ready.on === "notify") base.environment.set("NOTIFY_SOCKET", "@");
  return composePlan(options, { ...base, detach, streams, hand, pidFile, exec: base.exec() });
}

function baseName(file: Text): string {
  return Buffer.from(file).toString().replace(/^.*\//, "");
}

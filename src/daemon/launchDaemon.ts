/** What createDaemon and daemonize have in common: from checked options to a daemon that is ready, or to nothing at all. */
import { closeSync } from "node:fs";
import { launch } from "../launch/run.ts";
import type { Step } from "../launch/steps.ts";
import { native } from "../native/addon.ts";
import { Cleanup } from "./cleanup.ts";
import { composePlan, type PlanParts } from "./composePlan.ts";
import { launchling, type Words } from "./launchling.ts";
import { newLogs, removeEmpty } from "./newLogs.ts";
import type { CheckedSharedOptions, Stream } from "./options.ts";
import { PidFile } from "./pidFile.ts";
import { awaitReadiness, end, type Launchling, type ReadinessSource, type Wait } from "./readiness.ts";
import { composeStreams, OWN_FDS_FROM, usesSyslog } from "./streams.ts";
import { SyslogRelay } from "./syslogRelay.ts";

/** The locked pid file, out of the way of every descriptor that the program is to be given. */
export type HeldFile = NonNullable<PlanParts["pidFile"]>;

/** What differs between the two. */
export interface LaunchRequest extends Pick<PlanParts, "keep" | "hand" | "place" | "pidVariables"> {
  readonly name: string;
  /** Where standard error really goes. */
  readonly stderr: Stream;
  readonly words: Words;
  readonly exec: Step;
  /** Undefined: ready once it was executed. */
  readonly source: ReadinessSource | undefined;
  /** As soon as it runs. */
  launched(pid: number): void;
}

/**
 * Takes the pid file, launches, waits for readiness; the result is the daemon's pid. Where anything fails, the daemon is
 * ended, the pid file removed and every descriptor closed before the error goes on.
 *
 * @param owner uid that the daemon will have
 * @param prepare makes the request; what it opens it adds to the clean-up
 */
export function* launchDaemon(
  options: CheckedSharedOptions,
  owner: number | undefined,
  prepare: (cleanup: Cleanup, pidFile: HeldFile | undefined) => LaunchRequest,
): Wait<number> {
  const cleanup = new Cleanup();
  let daemon: Launchling | undefined;
  let created: readonly string[] = [];
  let ready = false;
  try {
    const pidFile = options.pidFile === undefined ? undefined : PidFile.acquire(options.pidFile, owner === undefined ? {} : { owner });
    // Once the daemon is ready the lock is its own, and only our copy of the descriptor goes.
    cleanup.add(() => void (ready ? pidFile?.close() : pidFile?.remove()));
    const held = pidFile && { fd: cleanup.own(native().duplicate(pidFile.fd, OWN_FDS_FROM)), path: pidFile.path };
    const relay = usesSyslog(options) ? new SyslogRelay() : undefined;
    cleanup.add(() => relay?.close());
    const request = prepare(cleanup, held);
    const streams = composeStreams({ ...options, stderr: request.stderr }, owner, relay?.writeEnd);
    cleanup.add(() => streams.close());
    created = newLogs(options);
    const launched = launch(composePlan(options, { ...request, detach: true, streams, pidFile: held }));
    cleanup.add(() => closeSync(launched.pidfd));
    daemon = launchling(launched, request.name, request.words);
    relay?.start(request.name, launched.pid);
    request.launched(launched.pid);
    if (request.source !== undefined) yield* awaitReadiness(request.source, daemon, options.readyTimeout);
    ready = true;
    return launched.pid;
  } catch (error) {
    if (daemon !== undefined) yield* end(daemon);
    removeEmpty(created);
    throw error;
  } finally {
    cleanup.run();
  }
}

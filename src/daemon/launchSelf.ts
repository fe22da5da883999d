/** The first run of createDaemon: starts the same program again as a daemon and waits until it is ready. */
import { closeSync } from "node:fs";
import type { Environment } from "../launch/environment.ts";
import { DaemonError } from "../launch/errors.ts";
import { resolveIdentity } from "../launch/identity.ts";
import { exec, noNewPrivileges, plan } from "../launch/steps.ts";
import { native } from "../native/addon.ts";
import type { Cleanup } from "./cleanup.ts";
import { driveSync } from "./drive.ts";
import { composeEnvironment } from "./environment.ts";
import { HANDOFF_VARIABLE, type Report, writeInheritance } from "./handoff.ts";
import { type HeldFile, type LaunchRequest, launchDaemon } from "./launchDaemon.ts";
import { wordsInMemory, wordsOn } from "./launchling.ts";
import { keepForSameProgram } from "./managerVariables.ts";
import type { CheckedCreateDaemonOptions } from "./options.ts";
import type { ReadinessSource, Verdict } from "./readiness.ts";
import { releaseInspector, type SameProgram, sameProgram, withoutBreak } from "./sameProgram.ts";
import { startedBy } from "./startedBy.ts";

/** Returns the daemon's pid once it is ready. After a DaemonError nothing is left behind. */
export function launchSelf(options: CheckedCreateDaemonOptions): number {
  const program = sameProgram();
  const { uid, account } = resolveIdentity(options);
  const environment = composeEnvironment(options, account);
  const nodeOptions = environment.get("NODE_OPTIONS");
  if (nodeOptions !== undefined) environment.set("NODE_OPTIONS", withoutBreak(nodeOptions));
  releaseInspector();
  return driveSync(launchDaemon(options, uid, (cleanup, pidFile) => prepare(options, program, environment, cleanup, pidFile)));
}

function prepare(
  options: CheckedCreateDaemonOptions,
  program: SameProgram,
  environment: Environment,
  cleanup: Cleanup,
  pidFile: HeldFile | undefined,
): LaunchRequest {
  const { listenFds, pidVariables } = keepForSameProgram(environment);
  const discarded = options.stderr.kind === "file" && options.stderr.path === "/dev/null";
  const memoryStderr = discarded ? cleanup.own(native().memoryFile("daemonitor-stderr")) : undefined;
  const inheritance = writeInheritance({
    pidFile,
    starter: startedBy(),
    memoryStderr: memoryStderr !== undefined,
    state: options.state,
  });
  const memory = cleanup.own(inheritance);
  const [ours, theirs] = native().socketPair();
  const channel = new Channel(cleanup.own(ours), theirs);
  cleanup.add(() => channel.close());
  environment.set(HANDOFF_VARIABLE, `${theirs},${memory}`);
  return {
    name: options.name ?? programName(),
    stderr: memoryStderr === undefined ? options.stderr : { kind: "descriptor", fd: memoryStderr },
    words: memoryStderr === undefined ? wordsOn(options.stderr, options.truncate) : wordsInMemory(memoryStderr),
    keep: [...options.keepFds, ...listenFds, theirs, memory],
    // Per thread, so before Node has any. The rest the daemon changes itself: it must still find its modules.
    place: plan(options.noNewPrivileges && noNewPrivileges()),
    pidVariables,
    exec: exec(program.file, program.argv, environment.entries()),
    source: channel,
    launched: (pid) => channel.confirm(pid),
  };
}

/** The launcher's end of the handoff. */
class Channel implements ReadinessSource {
  readonly fd: number;
  #theirs: number | undefined;

  constructor(ours: number, theirs: number) {
    this.fd = ours;
    this.#theirs = theirs;
  }

  /** Tells the daemon that it is the one that is meant, and leaves the other end to it, so that its death is seen. */
  confirm(pid: number): void {
    native().send(this.fd, Buffer.from(String(pid)));
    this.close();
  }

  read(): Verdict {
    const packet = native().receive(this.fd, false);
    if (packet === null) return { is: "waiting" };
    if (packet.length === 0) return { is: "closed" };
    const report = JSON.parse(Buffer.from(packet).toString()) as Report;
    return report.is === "ready" ? report : { is: "failed", error: new DaemonError(report.error) };
  }

  close(): void {
    if (this.#theirs !== undefined) closeSync(this.#theirs);
    this.#theirs = undefined;
  }
}

function programName(): string {
  return (process.argv[1] ?? "daemon").replace(/^.*\//, "").replace(/\.[cm]?[jt]s$/, "");
}

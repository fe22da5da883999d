/** Looks at the self-test's daemon from outside: /proc, a real signal, and a fork that the kernel refuses. */
import { existsSync, fstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { ProcessHandle } from "../daemon/processHandle.ts";
import { processName } from "../daemon/procStat.ts";
import { DaemonError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { launch } from "../launch/run.ts";
import { exec, fork, plan, setGid, setLimit, setsid, setUid } from "../launch/steps.ts";
import { resourceNumber } from "../values/limits.ts";
import type { Observation } from "./selftestChecks.ts";

/** Long enough for a signal to end a process that doesn't ignore it. */
const SIGNAL_MS = 200;
/** An account that has no superuser rights, whoever it belongs to: those are exempt from the limit. */
const UNPRIVILEGED = 65534;

/** Everything that the checks need; then the daemon is ended. */
export async function observe(pid: number, reportPath: string, strays: readonly number[]): Promise<Observation> {
  const daemon = ProcessHandle.open(pid);
  try {
    const seen = look(pid, strays);
    daemon.signal("SIGHUP");
    const survivedHangup = !(await daemon.exited(SIGNAL_MS));
    return {
      launcher: { pid: process.pid, ancestors: ancestors(process.pid) },
      daemon: { ...seen, survivedHangup },
      report: { path: reportPath, text: existsSync(reportPath) ? readFileSync(reportPath, "utf8") : undefined },
      superuser: process.geteuid?.() === 0,
      refusedFork: refusedFork(),
    };
  } finally {
    await endDaemon(daemon);
  }
}

function look(pid: number, strays: readonly number[]): Omit<Observation["daemon"], "survivedHangup"> {
  const stat = readProcessStat(pid);
  if (stat === undefined) throw DaemonError.own("ERR_DAEMON_EXITED", "selftest", `the daemon (${pid}) is gone already`);
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
  return {
    pid,
    parent: stat.parent,
    group: stat.group,
    session: stat.session,
    terminal: stat.terminal,
    leaderRuns: runs(stat.session),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    umask: field("Umask"),
    ignored: field("SigIgn"),
    blocked: field("SigBlk"),
    streams: [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    strays: strays.filter((fd) => isSameFile(pid, fd)),
  };
}

/** A number that a daemon's own runtime took is not a descriptor that was inherited. */
function isSameFile(pid: number, fd: number): boolean {
  const theirs = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return theirs !== undefined && theirs.dev === ours.dev && theirs.ino === ours.ino;
}

function runs(pid: number): boolean {
  return !["Z", "X", undefined].includes(readProcessStat(pid)?.state);
}

function ancestors(pid: number): { pid: number; name: string }[] {
  const parent = readProcessStat(pid)?.parent ?? 0;
  return parent === 0
    ? [{ pid: 1, name: processName(1) }]
    : [{ pid: parent, name: processName(parent) }, ...(parent === 1 ? [] : ancestors(parent))];
}

/** The first child gives itself a limit of no processes at all, so that the kernel must refuse the second fork. */
function refusedFork(): Observation["refusedFork"] {
  const superuser = process.geteuid?.() === 0;
  try {
    launch(
      plan([fork(), setsid(), setLimit(resourceNumber("nproc"), 0, 0)], superuser && [setGid(UNPRIVILEGED), setUid(UNPRIVILEGED)], [
        fork(),
        exec("/bin/true", ["true"], []),
      ]),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    return { step: error.step, tuple: [error.errno, error.strerror] };
  }
}

async function endDaemon(daemon: ProcessHandle): Promise<void> {
  if (daemon.isAlive()) {
    daemon.signal("SIGTERM");
    if (!(await daemon.exited(5000))) daemon.signal("SIGKILL");
  }
  daemon.close();
}

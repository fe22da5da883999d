/** Makes the daemon of the self-test. The command runs twice: createDaemon starts it again as the daemon. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { createDaemon, isDaemon } from "../daemon/createDaemon.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { DaemonError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { native } from "../native/addon.ts";
import type { Observation } from "./selftestChecks.ts";
import { observe } from "./selftestObserve.ts";

/** Where the recipe's test leaves its report. */
const REPORT = "/createDaemon.log";
/** Far enough apart that closing up to the first gap would miss them. */
const STRAY_FDS = [37, 251];
/** The daemon waits this long to be looked at. */
const LIFETIME_MS = 10_000;

/** In the launcher, what was seen; in the daemon it doesn't return. */
export async function observeDaemon(log: string | undefined): Promise<Observation> {
  const path = log === undefined ? REPORT : resolve(log);
  const strays = isDaemon() ? [] : openStrays();
  const made = createDaemon({ exitLauncher: false, ready: "manual", state: path });
  if (made.role === "daemon") return liveAsDaemon(made, log !== undefined);
  try {
    return await observe(made.pid, path, strays);
  } finally {
    for (const fd of strays) closeSync(fd);
  }
}

/** Descriptors without close-on-exec, as a careless caller leaves them. */
function openStrays(): readonly number[] {
  for (const fd of STRAY_FDS) native().duplicateTo(0, fd);
  return STRAY_FDS;
}

/** The recipe's report, written from inside, under a relative name where the working directory is to prove itself. */
function liveAsDaemon(daemon: Daemon, mustWrite: boolean): Promise<never> {
  const path = String(daemon.state);
  const { parent, group } = readProcessStat(process.pid) ?? { parent: 0, group: 0 };
  try {
    writeReport(path === REPORT ? "createDaemon.log" : path, `rc: ${daemon.rc}; pid: ${daemon.pid}; ppid: ${parent}; pgrp: ${group}\n`);
  } catch (error) {
    if (mustWrite) daemon.fail(DaemonError.from(error, "report", path));
  }
  daemon.ready();
  setTimeout(() => process.exit(0), LIFETIME_MS);
  return new Promise(() => undefined);
}

function writeReport(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  writeSync(fd, text);
  closeSync(fd);
}

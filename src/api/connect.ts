/** Finds the supervisor of a home, and starts one where there is none. */
import { closeSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DaemonError, errnoName, isSystemError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import type { Home } from "../supervisor/state/home.ts";
import { monotonicMs } from "../values/clock.ts";
import { Client } from "./client.ts";
import type { StartTreeOptions } from "./startTree.ts";
import { treeError } from "./treeErrors.ts";
import { troubleFile } from "./treeFiles.ts";

/**
 * What to do where no supervisor runs: start one; start one only where the last one did not end in an orderly way, so that
 * its services may still run; or fail.
 */
export type StartMode = "always" | "after crash" | "never";

export interface ConnectOptions extends StartTreeOptions {
  readonly start: StartMode;
  /** Milliseconds in which somebody else's tree may come up, or go down. Default 10 s. */
  readonly patience?: number;
  /** Of each request, see Client. */
  readonly timeout?: number;
}

/**
 * A client of the home's supervisor. However many do this at once, there is one tree in the end, and all are connected to it.
 *
 * @throws DaemonError ERR_NO_SUPERVISOR (69) where none runs and none is to be started, ERR_SUPERVISOR_SILENT (75),
 * or why the tree could not be started
 *
 * @example
 * const client = await connect(home, { start: "always" });
 * console.log(await client.list());
 */
export async function connect(home: Home, { start, patience = 10_000, timeout, ...options }: ConnectOptions): Promise<Client> {
  await reach(home, start, patience, options);
  const revive = start === "never" ? {} : { revive: () => reach(home, start, patience, options) };
  return new Client({ socket: home.socket, ...revive, ...(timeout === undefined ? {} : { timeout }) });
}

/** Whether somebody listens at the control socket: at once, also where the supervisor is too busy to accept. */
export function isListening(home: Home): boolean {
  try {
    closeSync(native().connectUnix(home.socket));
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const code = errnoName(error.errno);
    if (code === "EAGAIN") return true;
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return false;
    throw DaemonError.from(error, "control socket", home.socket);
  }
}

/** @throws DaemonError also where the supervisor that runs, or is started, can't begin: why */
async function reach(home: Home, start: StartMode, patience: number, options: StartTreeOptions): Promise<void> {
  if (existsSync(troubleFile(home)) && isListening(home)) return waitForNextAttempt(home);
  const deadline = monotonicMs() + patience;
  for (let pause = 20; !isListening(home); pause = Math.min(pause * 2, 250)) {
    // An orderly shutdown removes the socket; when init and supervisor were killed, it is still there.
    if (start === "never" || (start === "after crash" && !existsSync(home.socket))) {
      throw treeError("ERR_NO_SUPERVISOR", home, "no supervisor runs", 'start a service with "daemonitor start"');
    }
    const refusal = await tryToStart(home, options);
    if (refusal === undefined) return;
    if (monotonicMs() >= deadline) {
      const what = `a supervisor has the home, but nobody listens: ${refusal.strerror}`;
      throw treeError("ERR_SUPERVISOR_SILENT", home, what, "wait until it has ended, or end it");
    }
    await sleep(pause);
  }
}

/** Undefined where it was started; else the refusal, because somebody else is about to start one, or to end it. */
async function tryToStart(home: Home, options: StartTreeOptions): Promise<DaemonError | undefined> {
  // Most commands find a supervisor, and need none of this.
  const [{ startTree }, { untilBegun }, { readTrouble }] = await Promise.all([
    import("./startTree.ts"),
    import("./untilBegun.ts"),
    import("./trouble.ts"),
  ]);
  const before = readTrouble(home);
  try {
    startTree(home, options);
    await untilBegun(home, before, { isNew: true });
    return undefined;
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ERR_SUPERVISOR_RUNNING") return error;
    throw error;
  }
}

/** Its supervisor could not begin the last time: that may be mended by now. */
async function waitForNextAttempt(home: Home): Promise<void> {
  const [{ untilBegun }, { readTrouble }] = await Promise.all([import("./untilBegun.ts"), import("./trouble.ts")]);
  await untilBegun(home, readTrouble(home), { isNew: false });
}

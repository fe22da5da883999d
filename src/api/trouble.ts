/**
 * Why the supervisor could not begin: a record in the runtime directory that it leaves for the commands that wait for it. A
 * supervisor that begins well removes it.
 */
import { rmSync } from "node:fs";
import { DaemonError, type DaemonErrorFields } from "../launch/errors.ts";
import type { Home } from "../supervisor/state/home.ts";
import { readWhole, writeWholeSync } from "../supervisor/state/wholeFile.ts";
import { treeError } from "./treeErrors.ts";
import { supervisorLog, troubleFile } from "./treeFiles.ts";

const STEP = "supervisor's trouble";

export interface Trouble {
  /** Another text is another attempt. */
  readonly text: string;
  readonly error: DaemonError;
}

/** Never throws: where even this can't be written, the log has to do. */
export function leaveTrouble(home: Home, error: unknown): void {
  const { step, subject, code, errno, strerror, hint, exitCode } = asDaemonError(home, error);
  const fields = { step, subject, code, errno, strerror, hint, exitCode } satisfies DaemonErrorFields;
  try {
    writeWholeSync(troubleFile(home), `${JSON.stringify({ at: Date.now(), pid: process.pid, error: fields })}\n`, STEP, { durable: false });
  } catch {
    // It is in the log.
  }
}

/** Undefined where none was left, or none that can be trusted. */
export function readTrouble(home: Home): Trouble | undefined {
  try {
    const text = readWhole(troubleFile(home), STEP)?.toString();
    if (text === undefined) return undefined;
    const { error } = JSON.parse(text) as { readonly error: DaemonErrorFields };
    return { text, error: new DaemonError(error) };
  } catch {
    return undefined;
  }
}

export function removeTrouble(home: Home): void {
  rmSync(troubleFile(home), { force: true });
}

/** What is no condition of the machine is a mistake of ours: then the log has where. */
export function asDaemonError(home: Home, error: unknown): DaemonError {
  if (error instanceof DaemonError) return error;
  const what = `it can't begin: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  return treeError("ERR_SUPERVISOR_FAILED", home, what, `see ${supervisorLog(home)}`);
}

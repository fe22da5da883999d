/** A daemon that was launched and is not ready yet, as its launcher sees it. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { readProcessStat } from "../launch/processStat.ts";
import type { Launched } from "../launch/run.ts";
import { native } from "../native/addon.ts";
import { signalNumber } from "../values/signals.ts";
import { endSession } from "./endSession.ts";
import { exitStatusOf } from "./exitStatus.ts";
import type { Stream } from "./options.ts";
import type { Launchling } from "./readiness.ts";

/** Where the daemon's standard error can be read back. */
export interface Words {
  /** What came after the launch began, or undefined where nothing can be read. */
  read(): string | undefined;
  readonly hint: string | undefined;
}

const MOST_BYTES = 8192;
const MOST_LINES = 20;

export function launchling({ pid, pidfd }: Launched, name: string, words: Words): Launchling {
  // Asked while it can be: its number is gone once init has reaped it.
  const session = readProcessStat(pid)?.session;
  return {
    pid,
    pidfd,
    name,
    exitStatus: () => exitStatusOf(pid, pidfd),
    signal: (signal) => native().signalPidfd(pidfd, signalNumber(signal)),
    endRest: () => void (session !== undefined && endSession(session)),
    lastWords: () => words.read(),
    wordsHint: words.hint,
  };
}

/** Taken before the launch: what a log file holds already is not the new daemon's. */
export function wordsOn(stderr: Stream, truncate: boolean): Words {
  if (stderr.kind === "syslog") return { read: () => undefined, hint: "its last words went to syslog" };
  // The caller's own descriptor: whoever reads there has seen them.
  if (stderr.kind === "descriptor") return { read: () => undefined, hint: undefined };
  const { path } = stderr;
  if (path === "/dev/null") return { read: () => undefined, hint: "its standard error was discarded: send it to a file to see why" };
  const before = truncate ? 0 : sizeOf(path);
  return { read: () => lastLines(path, before), hint: `it wrote nothing to ${path}` };
}

/** The words that a memory file holds. */
export function wordsInMemory(fd: number): Words {
  return { read: () => tail(fd, 0), hint: "it wrote nothing on standard error" };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLines(path: string, from: number): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const fd = openSync(path, "r");
  try {
    return tail(fd, from);
  } finally {
    closeSync(fd);
  }
}

function tail(fd: number, from: number): string | undefined {
  const { size } = fstatSync(fd);
  const start = Math.max(from, size - MOST_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const length = readSync(fd, buffer, 0, buffer.length, start);
  const lines = buffer.toString("utf8", 0, length).trimEnd().split("\n").slice(-MOST_LINES);
  const text = lines.join("\n");
  return text === "" ? undefined : text;
}

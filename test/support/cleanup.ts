/**
 * Ends what a test started and removes what it wrote, also when it fails.
 *
 * Every child inherits a mark in its environment. When the tests of a file are
 * over, a marked process that still runs is a leak: it is ended, and the file fails.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { allPids, isAlive, readList, readStat } from "./process.ts";
import { until } from "./wait.ts";

const MARK = `DAEMONITOR_TEST=${randomUUID()}`;
process.env.DAEMONITOR_TEST = MARK.slice(MARK.indexOf("=") + 1);

after(async () => {
  const leaked = () => allPids().filter((pid) => pid !== process.pid && isMarked(pid) && isAlive(pid));
  try {
    await until("marked processes to end", () => leaked().length === 0, { timeout: 3000 });
  } catch {
    const names = leaked().map((pid) => `${pid} (${describe(pid)})`);
    for (const pid of leaked()) kill(pid);
    throw new Error(`processes left behind by the tests of this file: ${names.join(", ")}`);
  }
});

export interface Tracked {
  /** A new directory, removed afterwards. Everybody may read and enter it. */
  dir(): string;
  /** Ends this very process afterwards; one that got its number later is left alone. Returns the pid. */
  kill(pid: number): number;
  /** Ends every process of the session that this one is in. Not for the test's own session. Returns the pid. */
  killSession(pid: number): number;
  /** Ends the marked process that this file names afterwards, if there is one then. Returns the path. */
  killNamedIn(path: string): string;
  /** Runs afterwards; the last one first. */
  defer(undo: () => unknown): void;
}

/** Ties processes and files to a test: they end with it. Call it first, so that it cleans up last. */
export function track(t: TestContext): Tracked {
  const undone: (() => unknown)[] = [];
  const ended = async (victims: () => number[]) => {
    await until("processes to end", () => {
      const left = victims();
      for (const pid of left) kill(pid);
      return left.length === 0;
    });
  };
  t.after(async () => {
    const failures: unknown[] = [];
    for (const undo of undone.reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
  });
  return {
    dir() {
      const path = mkdtempSync(join(realpathSync(tmpdir()), "daemonitor-test-"));
      chmodSync(path, 0o755);
      undone.push(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
      return path;
    },
    kill(pid) {
      const start = startTimeOf(pid);
      if (start !== undefined) undone.push(() => ended(() => [pid].filter((p) => isAlive(p) && startTimeOf(p) === start)));
      return pid;
    },
    killSession(pid) {
      const { sid, startTime } = readStat(pid);
      if (sid === readStat(process.pid).sid) throw new Error(`process ${pid} is in the test's own session`);
      undone.push(() => ended(() => allPids().filter((p) => isAlive(p) && sessionOf(p) === sid && (startTimeOf(p) ?? 0n) >= startTime)));
      return pid;
    },
    killNamedIn(path) {
      undone.push(() => ended(() => namedIn(path).filter((p) => p !== process.pid && isMarked(p) && isAlive(p))));
      return path;
    },
    defer(undo) {
      undone.push(undo);
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function startTimeOf(pid: number): bigint | undefined {
  try {
    return readStat(pid).startTime;
  } catch {
    return undefined;
  }
}

function sessionOf(pid: number): number | undefined {
  try {
    return readStat(pid).sid;
  } catch {
    return undefined;
  }
}

function isMarked(pid: number): boolean {
  try {
    return readList(pid, "environ").some((entry) => entry.equals(Buffer.from(MARK)));
  } catch {
    return false;
  }
}

function namedIn(path: string): number[] {
  try {
    return [Number.parseInt(readFileSync(path, "latin1"), 10)].filter((pid) => pid > 1);
  } catch {
    return [];
  }
}

function describe(pid: number): string {
  try {
    return readList(pid, "cmdline").join(" ");
  } catch {
    return "gone by now";
  }
}

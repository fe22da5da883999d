/** Who holds a lock of flock(2), as /proc shows it: /proc/locks names who took it, and that one may have passed it on and ended. */
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { codeOf } from "./stateError.ts";

export interface Holder {
  readonly pid: number;
  /** The program's name (comm). */
  readonly name: string;
}

/** All processes but this one with a descriptor through which this file is locked. Those of other users can't be seen. */
export function findHolders(file: Stats): readonly Holder[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => pid !== process.pid && holds(pid, file)).map((pid) => ({ pid, name: nameOf(pid) }));
}

function holds(pid: number, file: Stats): boolean {
  const fds = attempt(() => readdirSync(`/proc/${pid}/fd`), []);
  return fds.some((fd) =>
    attempt(() => {
      const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`);
      return dev === file.dev && ino === file.ino && /^lock:.*\bFLOCK\b/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"));
    }, false),
  );
}

function nameOf(pid: number): string {
  return attempt(() => readFileSync(`/proc/${pid}/comm`, "latin1").trim(), "?");
}

/** Processes come and go, and some can't be looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR"].includes(codeOf(error) ?? "")) return otherwise;
    throw error;
  }
}

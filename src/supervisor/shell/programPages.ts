/**
 * Pages of programs and libraries, as they are in their files. The kernel maps some more around each one that is touched, and
 * what a start needs is needed never again, but all of it counts as resident. What is given up is in the page cache still: a
 * page that is touched again is mapped again, in a microsecond.
 */
import { readFileSync } from "node:fs";
import { native } from "../../native/addon.ts";

export interface Mapping {
  /** Addresses, the second one exclusive. */
  readonly begin: number;
  readonly end: number;
}

/** Gives up all that can be. Without a /proc to be seen, or with memory that is locked, less. */
export function forgetProgramPages(): void {
  try {
    for (const { begin, end } of unwrittenMappings(readFileSync("/proc/self/smaps", "latin1"))) native().forgetPages(begin, end);
  } catch (error) {
    if (!(error instanceof Error && "errno" in error)) throw error;
  }
}

const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ +(\/.*)$/;
const UNWRITTEN = [/^Anonymous: +0 kB$/m, /^Private_Dirty: +0 kB$/m, /^Swap: +0 kB$/m];

/**
 * Those of files that can't be written to, and never were: what the dynamic linker has changed is no longer as in the file.
 *
 * @param smaps see proc_pid_smaps(5)
 */
export function unwrittenMappings(smaps: string): readonly Mapping[] {
  // Each begins with a line of its own; those of its numbers begin with a capital.
  return smaps.split(/\n(?=[0-9a-f])/).flatMap((text) => {
    const [, begin = "", end = "", permissions = ""] = HEAD.exec(text.slice(0, text.indexOf("\n"))) ?? [];
    if (permissions !== "r-xp" && permissions !== "r--p") return [];
    return UNWRITTEN.every((count) => count.test(text)) ? [{ begin: Number.parseInt(begin, 16), end: Number.parseInt(end, 16) }] : [];
  });
}

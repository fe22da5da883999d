/** A launch that fails leaves nothing behind, so the log files that it created go again, unless something was written to them. */
import { lstatSync, unlinkSync } from "node:fs";
import type { CheckedSharedOptions } from "./options.ts";

/** The files that a launch with these options would create. */
export function newLogs({ stdout, stderr }: Pick<CheckedSharedOptions, "stdout" | "stderr">): readonly string[] {
  const paths = [stdout, stderr].flatMap((stream) => (stream.kind === "file" ? [stream.path] : []));
  return [...new Set(paths)].filter((path) => !isThere(path));
}

/** What can't be seen is not ours to remove. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Never throws: the launch has failed already, and says why. */
export function removeEmpty(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isFile() === true && stat.size === 0) unlinkSync(path);
    } catch {
      // A directory that doesn't allow it keeps an empty file.
    }
  }
}

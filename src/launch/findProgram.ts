/** Looks a program up in PATH, as execvp(3) does, but before the fork, so that a missing one starts nothing. */
import { accessSync, constants, statSync } from "node:fs";
import { ERRNO } from "../values/errno.ts";
import { DaemonError } from "./errors.ts";
import type { Text } from "./steps.ts";

/**
 * The path to hand to exec. A file with a slash is taken as it is; exec itself says what is wrong with it.
 *
 * @param path value of PATH, of the program's own environment
 * @param root directory that will be the root when the program is executed
 */
export function findProgram(file: Text, path: string, root = ""): Text {
  const name = typeof file === "string" ? file : Buffer.from(file).toString("latin1");
  // In a root that can't be entered there is nothing to find: the step chroot says what is wrong with it.
  if (name.includes("/") || (root !== "" && !isExecutable(root))) return file;
  const candidates = path.split(":").map((directory) => `${directory === "" ? "." : directory}/${name}`);
  const present = candidates.filter((candidate) => isFile(`${root}${candidate}`));
  const found = present.find((candidate) => isExecutable(`${root}${candidate}`));
  if (found !== undefined) return typeof file === "string" ? found : Buffer.from(found, "latin1");
  const [unusable] = present;
  if (unusable !== undefined) throw DaemonError.fromErrno("exec", ERRNO.EACCES, unusable, "make it executable with chmod +x");
  throw DaemonError.fromErrno("exec", ERRNO.ENOENT, name, "it is in no directory of PATH");
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

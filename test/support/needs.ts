/** Why a test can't run here: values for node:test's `skip` option. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const isRoot: boolean = process.geteuid?.() === 0;

export const needsRoot: string | false = isRoot ? false : "needs root";

export const needsUnprivileged: string | false = isRoot ? "needs to run as an unprivileged user" : false;

/** For a program in PATH, /usr/sbin or /sbin. */
export function needsProgram(name: string): string | false {
  return findProgram(name) === undefined ? `${name} is not installed` : false;
}

/** For a file or directory of the system. */
export function needsPath(path: string): string | false {
  return existsSync(path) ? false : `${path} is missing`;
}

/** The first reason, or false. */
export function needsAll(...reasons: readonly (string | false)[]): string | false {
  return reasons.find((reason) => reason !== false) ?? false;
}

/** Where a program is; unlike a shell's PATH, /usr/sbin and /sbin always count. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a word after `daemonitor start` means: a file, a program, or a service that is there. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { DaemonError } from "../launch/errors.ts";
import { findProgram } from "../launch/findProgram.ts";

export type Target =
  | { readonly kind: "script"; readonly script: string }
  | { readonly kind: "command"; readonly program: string }
  | { readonly kind: "configuration"; readonly file: string }
  | { readonly kind: "service"; readonly selector: string }
  /** What it isn't either. */
  | { readonly kind: "nothing"; readonly why: string };

/** What has to be looked at. */
export interface Surroundings {
  /** Paths start here: --cwd, then the current directory. */
  readonly directories: readonly string[];
  isFile(path: string): boolean;
  /** The beginning of a file's text. */
  beginning(path: string): string;
  isProgram(name: string): boolean;
  /** Whether it means a service that is there. */
  isService(word: string): Promise<boolean>;
}

const CONFIGURATION = /^(?:daemonitor|ecosystem|pm2)\.config\.[cm]?[jt]s$|\.config\.[cm]?[jt]s$|\.(?:json|ya?ml)$/i;
const MODULE = /^\.[cm]?[jt]s$/i;

/**
 * A word with a slash or an extension is a file first; a plain one a service first, then a file, then a program in PATH. So a
 * service is never changed because something of its name happens to be there.
 */
export async function findTarget(word: string, around: Surroundings): Promise<Target> {
  const looksLikeFile = word.includes("/") || extname(word) !== "";
  const asFile = () => fileTarget(word, around);
  const asService = async (): Promise<Target | undefined> =>
    (await around.isService(word)) ? { kind: "service", selector: word } : undefined;
  const found = looksLikeFile ? (asFile() ?? (await asService())) : ((await asService()) ?? asFile());
  if (found !== undefined) return found;
  if (!word.includes("/") && around.isProgram(word)) return { kind: "command", program: word };
  const what = looksLikeFile ? "there is no such file, and no such service" : "there is no service, file or program of this name";
  return { kind: "nothing", why: `${JSON.stringify(word)}: ${what}` };
}

/** Whether a file is a configuration by its name, or because it imports what only configurations do. Pure. */
export function isConfiguration(file: string, beginning: () => string): boolean {
  if (CONFIGURATION.test(basename(file))) return true;
  return MODULE.test(extname(file)) && /["']daemonitor\/config["']/.test(beginning());
}

function fileTarget(word: string, { directories, isFile, beginning }: Surroundings): Target | undefined {
  const directory = directories.find((each) => isFile(resolve(each, word)));
  if (directory === undefined) return undefined;
  const path = resolve(directory, word);
  if (isConfiguration(path, () => beginning(path))) return { kind: "configuration", file: path };
  // The service starts it from its own directory, where it has the same name only if it was found there.
  return { kind: "script", script: directory === directories[0] ? word : path };
}

/** Of this machine. */
export function surroundings(cwd: string | undefined, isService: Surroundings["isService"]): Surroundings {
  const here = process.cwd();
  return {
    directories: cwd === undefined ? [here] : [resolve(cwd), here],
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
    beginning,
    isProgram,
    isService,
  };
}

function isProgram(name: string): boolean {
  try {
    findProgram(name, process.env.PATH ?? "");
    return true;
  } catch (error) {
    if (error instanceof DaemonError) return false;
    throw error;
  }
}

const BEGINNING = 64 * 1024;

function beginning(path: string): string {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(BEGINNING);
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}

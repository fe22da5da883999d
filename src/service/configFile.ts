/** Finds and reads configuration files. */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import type { CheckedConfig, Origin } from "./checkConfig.ts";
import type { Problem } from "./problem.ts";
import { formatPath } from "./problem.ts";
import type { Mistake, Source } from "./source.ts";

const NAMES = ["ts", "js", "json", "yaml", "yml"].map((extension) => `daemonitor.config.${extension}`);
const MODULES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/** Bytes. A thousand services are a third of one of these. */
const LARGEST = 16 * 1024 * 1024;

export interface Wanted {
  /** Where to look for a `daemonitor.config.*`. Default: the current directory. */
  readonly directory?: string | undefined;
  /** The file itself, as `-f` names it. */
  readonly file?: string | undefined;
  readonly variables?: Origin["variables"];
  readonly parallelism?: number | undefined;
}

/**
 * Finds, reads and checks a configuration. Never throws for what a configuration can do: a missing file is a Problem too.
 *
 * @example
 * const { config, problems } = await loadConfig({ directory: process.cwd() });
 */
export async function loadConfig(wanted: Wanted = {}): Promise<CheckedConfig & { readonly file: string | undefined }> {
  const found = wanted.file === undefined ? findConfig(wanted.directory ?? process.cwd()) : resolve(wanted.file);
  if (typeof found !== "string") return { config: undefined, problems: [found], file: undefined };
  const { value, locate, mistakes } = await readConfig(found);
  const problems = mistakes.map((mistake) => problem(found, mistake));
  if (value === undefined) return { config: undefined, problems, file: found };
  const { checkConfig } = await import("./checkConfig.ts");
  const { variables, parallelism } = wanted;
  const checked = await checkConfig(value, { file: found, directory: dirname(found), locate, variables, parallelism, problems });
  return { ...checked, file: found };
}

/** The one configuration file in a directory; a Problem where there is none, or more than one. */
export function findConfig(directory: string): string | Problem {
  let present: string[];
  try {
    const all = new Set(readdirSync(directory));
    present = NAMES.filter((name) => all.has(name));
  } catch (error) {
    return problem(directory, { message: `it can't be read: ${reason(error)}` });
  }
  const [first, ...others] = present;
  if (first === undefined) {
    return problem(resolve(directory), {
      message: "there is no daemonitor.config.{ts,js,json,yaml,yml} in it: go where it is, or name it with -f",
    });
  }
  if (others.length > 0) return problem(resolve(directory), { message: `${present.join(" and ")} are both in it: name one with -f` });
  return join(resolve(directory), first);
}

async function readConfig(file: string): Promise<Source> {
  const extension = extname(file).toLowerCase();
  const nowhere = () => undefined;
  if (MODULES.includes(extension)) {
    const { importConfig } = await import("./configModule.ts");
    const loaded = await importConfig(file);
    const empty = loaded.value === undefined && loaded.mistakes.length === 0;
    return { ...loaded, locate: nowhere, ...(empty ? { mistakes: [{ message: "its default export is undefined" }] } : {}) };
  }
  if (![".json", ".yaml", ".yml"].includes(extension)) {
    return {
      value: undefined,
      locate: nowhere,
      mistakes: [{ message: "the name of a configuration ends in .ts, .js, .json, .yaml or .yml" }],
    };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readBytes(file));
  } catch (error) {
    const why =
      error instanceof RangeError ? error.message : error instanceof TypeError ? "it is not UTF-8" : `it can't be read: ${reason(error)}`;
    return { value: undefined, locate: nowhere, mistakes: [{ message: why }] };
  }
  if (text.trim() === "") return { value: undefined, locate: nowhere, mistakes: [{ message: "it is empty" }] };
  const source = extension === ".json" ? (await import("./json.ts")).readJson(text) : await (await import("./yaml.ts")).readYaml(text);
  // What the file holds may be nothing ("null", or only comments), and that is not the same as having no value.
  return source.mistakes.length === 0 && source.value === undefined ? { ...source, value: null } : source;
}

/** Also of a pipe, as in -f <(program) with a name that tells the format; never more than fits. */
function readBytes(file: string): Uint8Array {
  const fd = openSync(file, "r");
  try {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.alloc(64 * 1024);
      const length = readSync(fd, chunk);
      if (length === 0) return Buffer.concat(chunks);
      total += length;
      if (total > LARGEST) throw new RangeError(`it has more than ${LARGEST / 1024 / 1024} MiB: that is no configuration`);
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}

function problem(file: string, { message, line, column, path = [] }: Mistake): Problem {
  return {
    severity: "error",
    file,
    path: formatPath(path),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    message,
  };
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "no permission",
    EISDIR: "it is a directory",
    ENOTDIR: "a directory in its path is none",
  };
  return known[code] ?? code;
}

/** What the programs wrote down about themselves: see program.c. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { ExitStatus } from "../../src/values/exitStatus.ts";

/** A process of an instance, as it calls itself. */
export interface Testimony {
  /** "web/0" */
  readonly instance: string;
  readonly attempt: number;
  readonly pid: number;
  readonly startTime: number;
  readonly role: "main" | "launcher";
  /** Nanoseconds on the monotonic clock. */
  readonly at: bigint;
}

export interface WrittenExit extends Testimony {
  readonly status: ExitStatus;
  /** Lines that it wrote to its log. */
  readonly lines: number;
}

/** Tells the processes of the run apart: numbers are used again, and attempts begin anew when a service is deleted. */
export function keyOf({ instance, attempt, pid }: { readonly instance: string; readonly attempt: number; readonly pid: number }): string {
  return `${instance}#${attempt}:${pid}`;
}

/** @throws Error for a line that is not one of theirs */
export function parseTestimony(line: string): Testimony & { readonly what: string } {
  const [instance, attempt, pid, startTime, role, at, what, ...rest] = line.split(" ");
  if (instance === undefined || what === undefined || rest.length > 0 || (role !== "main" && role !== "launcher")) {
    throw new Error(`this is no line of evidence: ${JSON.stringify(line)}`);
  }
  return { instance, attempt: Number(attempt), pid: Number(pid), startTime: Number(startTime), role, at: BigInt(at ?? ""), what };
}

/** @throws Error for a line that is not one of theirs */
export function parseExit(line: string): WrittenExit {
  const { what, ...testimony } = parseTestimony(line);
  const [kind, value = "", lines] = what.split(":");
  if (kind !== "code" && kind !== "signal") throw new Error(`this is no exit: ${JSON.stringify(line)}`);
  return { ...testimony, status: kind === "code" ? { code: Number(value) } : { signal: value }, lines: Number(lines) };
}

/** Reads whole lines of a file that grows, each once. */
export class GrowingFile {
  readonly #path: string;
  #fd: number | undefined;
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines since the last call; none where there is no file yet. */
  lines(): string[] {
    this.#fd ??= openIfThere(this.#path);
    if (this.#fd === undefined) return [];
    const buffer = Buffer.alloc(fstatSync(this.#fd).size - this.#offset);
    const count = readSync(this.#fd, buffer, 0, buffer.length, this.#offset);
    this.#offset += count;
    const lines = (this.#rest + buffer.toString("latin1", 0, count)).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** The directory that the programs write to. */
export class Evidence {
  readonly directory: string;
  readonly #starts: GrowingFile;
  readonly #exits: GrowingFile;
  readonly #twice: GrowingFile;

  constructor(directory: string) {
    this.directory = directory;
    this.#starts = new GrowingFile(join(directory, "starts"));
    this.#exits = new GrowingFile(join(directory, "exits"));
    this.#twice = new GrowingFile(join(directory, "twice"));
  }

  /** New ones since the last call, as for the others. */
  starts(): Testimony[] {
    return this.#starts.lines().map(parseTestimony);
  }

  exits(): WrittenExit[] {
    return this.#exits.lines().map(parseExit);
  }

  /** Programs that found their instance's lock, or port, held by another. */
  twice(): (Testimony & { readonly what: string })[] {
    return this.#twice.lines().map(parseTestimony);
  }

  /** Lines that a process has written for certain; undefined where it counts none. */
  wrote({ instance, attempt, pid }: { readonly instance: string; readonly attempt: number; readonly pid: number }): number | undefined {
    try {
      const bytes = readFileSync(join(this.directory, `wrote.${instance.replace("/", ".")}.${attempt}.${pid}`));
      return bytes.length < 8 ? 0 : Number(bytes.readBigUInt64LE());
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    for (const file of [this.#starts, this.#exits, this.#twice]) file.close();
  }
}

export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

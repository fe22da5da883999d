/** The files that a configuration has watched: size, age, checksum, content. Each is asked again only when it has answered. */
import type { Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { WatchedFile } from "./diskEntries.ts";
import type { FileSample } from "./sample.ts";

interface Watched {
  file: WatchedFile;
  sample: FileSample;
  /** Of what the checksum and the match are about: size, inode and times. */
  version: string;
  pending: boolean;
}

/** Of a file's end, for the pattern; and of a line. A pattern can take very long on a long one. */
const LOOKED_AT = 2 ** 20;
const LONGEST_LINE = 4096;
/** Bytes of a file of which a checksum is made at the most. */
const MOST_HASHED = 2 ** 30;

export class Files {
  readonly #watched = new Map<string, Watched>();

  set files(files: readonly WatchedFile[]) {
    const wanted = new Map(files.map((file) => [file.path, file]));
    for (const path of this.#watched.keys()) if (!wanted.has(path)) this.#watched.delete(path);
    for (const file of files) {
      const known = this.#watched.get(file.path);
      if (known === undefined) this.#watched.set(file.path, { file, sample: unknown(file.path), version: "", pending: false });
      else if (!isSame(known.file, file)) Object.assign(known, { file, version: "" });
    }
  }

  /** Resolves when all have answered. */
  async look(): Promise<void> {
    await Promise.all([...this.#watched.values()].filter(({ pending }) => !pending).map(lookAt));
  }

  get sample(): readonly FileSample[] {
    return [...this.#watched.values()].map(({ sample }) => sample);
  }
}

async function lookAt(watched: Watched): Promise<void> {
  watched.pending = true;
  const { file } = watched;
  try {
    const found = await stat(file.path);
    const { size, mtimeMs, ctimeMs, ino } = found;
    const version = `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
    const isNew = version !== watched.version;
    const content = isNew ? await readContent(file, found) : watched.sample;
    const { checksum, matches } = content;
    // Somebody may want something else of it by now.
    watched.version = watched.file === file ? version : "";
    watched.sample = {
      path: file.path,
      exists: true,
      size: found.isDirectory() ? null : size,
      modifiedAt: Math.round(mtimeMs),
      checksum,
      matches,
    };
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    watched.version = "";
    watched.sample = { ...unknown(file.path), exists: isGone ? false : null };
  } finally {
    watched.pending = false;
  }
}

/** Null for what is not wanted, or can't be had: a file that may not be read, or is none with a content. */
async function readContent({ path, checksum, content }: WatchedFile, found: Stats): Promise<Pick<FileSample, "checksum" | "matches">> {
  if (!found.isFile() || (!checksum && content === undefined)) return { checksum: null, matches: null };
  try {
    return {
      checksum: checksum && found.size <= MOST_HASHED ? await hash(path) : null,
      matches: content === undefined ? null : await matchesLine(path, found.size, content),
    };
  } catch {
    return { checksum: null, matches: null };
  }
}

async function hash(path: string): Promise<string> {
  // Few want one, and the module takes its time to load.
  const { createHash } = await import("node:crypto");
  const sum = createHash("sha256");
  const handle = await open(path);
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: 2 ** 18 })) sum.update(chunk);
  } finally {
    await handle.close();
  }
  return sum.digest("hex");
}

async function matchesLine(path: string, size: number, pattern: RegExp): Promise<boolean> {
  const handle = await open(path);
  try {
    const from = Math.max(0, size - LOOKED_AT);
    const buffer = Buffer.allocUnsafe(Math.min(size, LOOKED_AT));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    // The first one may have been cut.
    if (from > 0) lines.shift();
    return lines.some((line) => pattern.test(line.slice(0, LONGEST_LINE)));
  } finally {
    await handle.close();
  }
}

function isSame(one: WatchedFile, other: WatchedFile): boolean {
  return one.checksum === other.checksum && one.content?.source === other.content?.source;
}

function unknown(path: string): FileSample {
  return { path, exists: null, size: null, modifiedAt: null, checksum: null, matches: null };
}

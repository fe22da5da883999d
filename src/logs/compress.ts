/**
 * Compresses segments that were put aside. The compressed form gets its name when all of it is on the disk, and only then the
 * plain one is removed: whenever it is killed, at least one of the two is whole.
 */
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress, constants as zlib } from "node:zlib";
import { faultPoint } from "./faultPoint.ts";
import { parseSegment, partialName } from "./segmentNames.ts";
import { removeFile } from "./streamFiles.ts";

export type Compression = "zstd" | "gzip";

const SUFFIX = { zstd: "zst", gzip: "gz" } as const;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Afterwards there is the plain segment or one compressed form of it. One that somebody has removed meanwhile stays removed.
 *
 * @param path of the plain segment, "…/0.20261122T140000000Z.log"
 * @throws what the disk says; then the plain segment is as it was
 */
export async function compressSegment(path: string, compression: Compression): Promise<void> {
  const plain = openUnlessGone(path);
  if (plain === undefined) return;
  try {
    for (const known of ["zstd", "gzip"] as const) {
      const there = `${path}.${SUFFIX[known]}`;
      // One killed between its last two steps.
      if (await isWhole(there, known, fstatSync(plain).size)) return finish(path);
      removeFile(there);
    }
    const partial = join(dirname(path), partialName(basename(path), SUFFIX[compression]));
    faultPoint("before partial");
    try {
      await write(plain, partial, compression);
      // Pruned meanwhile: it must not come back.
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
      faultPoint("before compressed name");
      renameSync(partial, `${path}.${SUFFIX[compression]}`);
      faultPoint("after compressed name");
    } finally {
      removeFile(partial);
    }
    finish(path);
  } finally {
    closeSync(plain);
  }
}

/** What compressors left that were killed. Only while no other one is at work. */
export function removePartials(directory: string): void {
  for (const file of readdirSync(directory)) if (parseSegment(file)?.form === "partial") removeFile(join(directory, file));
}

/** Not before the new name is on the disk is the old file given up. */
function finish(path: string): void {
  const directory = openSync(dirname(path), O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  faultPoint("before plain removal");
  removeFile(path);
  faultPoint("after plain removal");
}

async function write(plain: number, partial: string, compression: Compression): Promise<void> {
  removeFile(partial);
  const { mode, atime, mtime } = fstatSync(plain);
  const fd = openSync(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o777);
  try {
    const source = createReadStream("", { fd: plain, autoClose: false, start: 0 });
    await pipeline(source, compressor(compression), createWriteStream("", { fd, autoClose: false }));
    futimesSync(fd, atime, mtime);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function compressor(compression: Compression): Transform {
  if (compression === "gzip") return createGzip();
  return createZstdCompress({ params: { [zlib.ZSTD_c_checksumFlag]: 1 } });
}

/** Whether it is the compressed form of so many bytes, to its last check sum. */
async function isWhole(path: string, compression: Compression, bytes: number): Promise<boolean> {
  const fd = openUnlessGone(path);
  if (fd === undefined) return false;
  let size = 0;
  const count = new Writable({
    write(chunk: Buffer, _, done) {
      size += chunk.length;
      done();
    },
  });
  try {
    const source = createReadStream("", { fd, autoClose: false, start: 0 });
    await pipeline(source, compression === "gzip" ? createGunzip() : createZstdDecompress(), count);
    return size === bytes;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

function openUnlessGone(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

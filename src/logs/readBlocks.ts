/** The bytes of a segment in large blocks, forwards and backwards, unpacked where it is packed. */
import { read } from "node:fs";
import type { Transform } from "node:stream";
import { DaemonError, EXIT } from "../launch/errors.ts";
import { type OpenSegment, segmentPath } from "./readSegments.ts";

export interface Block {
  /** Only until the next one is asked for: the memory is used again. */
  readonly bytes: Buffer;
  /** Of the first byte, in the unpacked segment. */
  readonly offset: number;
}

/** A mebibyte: larger ones are not faster. */
export const BLOCK = 1024 * 1024;
const PACKED = 256 * 1024;
const FIRST_BACKWARDS = 64 * 1024;

/** How many bytes were read into the buffer; fewer than asked for at the end of the file only. */
export async function readAt(fd: number, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const count = await new Promise<number>((resolve, reject) =>
      read(fd, buffer, filled, buffer.length - filled, position + filled, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      ),
    );
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/**
 * From `start` to `end` (exclusive; Infinity is the end of the segment when it was opened). While one block is looked at, the next one is read.
 *
 * @throws what read(2) or the unpacking says
 */
export async function* forwardBlocks(
  segment: OpenSegment,
  start: number,
  end: number,
  size = BLOCK,
): AsyncGenerator<Block, void, undefined> {
  if (segment.packing !== "plain") return yield* unpackedBlocks(segment, start, end);
  const last = Math.min(end, segment.size);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)] as const;
  const begin = (offset: number, buffer: Buffer) =>
    readAt(segment.fd, buffer.subarray(0, Math.max(0, Math.min(size, last - offset))), offset);
  let [current, other] = buffers;
  let reading = begin(start, current);
  try {
    for (let offset = start; offset < last; ) {
      const count = await reading;
      // Somebody emptied the file.
      if (count === 0) return;
      reading = begin(offset + count, other);
      yield { bytes: current.subarray(0, count), offset };
      offset += count;
      [current, other] = [other, current];
    }
  } finally {
    await reading.catch(() => undefined);
  }
}

/** A plain segment from `end` back to `start`: the last block first. */
export async function* backwardBlocks(segment: OpenSegment, start: number, end: number): AsyncGenerator<Block, void, undefined> {
  let buffer = Buffer.allocUnsafeSlow(FIRST_BACKWARDS);
  for (let last = Math.min(end, segment.size); last > start; ) {
    const offset = Math.max(start, last - buffer.length);
    const count = await readAt(segment.fd, buffer.subarray(0, last - offset), offset);
    yield { bytes: buffer.subarray(0, count), offset };
    last = offset;
    // The end of a file is mostly all that is wanted; a search wants it all.
    if (buffer.length < BLOCK) buffer = Buffer.allocUnsafeSlow(buffer.length * 4);
  }
}

async function* unpackedBlocks(segment: OpenSegment, start: number, end: number): AsyncGenerator<Block, void, undefined> {
  const { createGunzip, createZstdDecompress } = await import("node:zlib");
  const unpacker: Transform =
    segment.packing === "zst" ? createZstdDecompress({ chunkSize: BLOCK }) : createGunzip({ chunkSize: BLOCK / 4 });
  const feeding = feed(segment.fd, unpacker);
  let offset = 0;
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      const from = Math.max(0, start - offset);
      const to = Math.min(chunk.length, end - offset);
      if (from < to) yield { bytes: chunk.subarray(from, to), offset: offset + from };
      offset += chunk.length;
      if (offset >= end) return;
    }
  } catch (error) {
    if (error instanceof DaemonError) throw error;
    const strerror = `can't be unpacked: ${error instanceof Error ? error.message : String(error)}`;
    const hint = "move it away to read the others";
    throw new DaemonError({
      step: "log archive",
      subject: segmentPath(segment),
      code: "EIO",
      errno: 5,
      strerror,
      hint,
      exitCode: EXIT.osError,
    });
  } finally {
    unpacker.destroy();
    // Its descriptor is in use until then.
    await feeding;
  }
}

/** Never rejects: what goes wrong is the unpacker's error. */
async function feed(fd: number, unpacker: Transform): Promise<void> {
  try {
    for (let position = 0; !unpacker.destroyed; ) {
      const buffer = Buffer.allocUnsafe(PACKED);
      const count = await readAt(fd, buffer, position);
      if (unpacker.destroyed) return;
      if (count === 0) return void unpacker.end();
      position += count;
      if (!unpacker.write(buffer.subarray(0, count))) await roomIn(unpacker);
    }
  } catch (error) {
    unpacker.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function roomIn(unpacker: Transform): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      for (const event of ["drain", "close"]) unpacker.off(event, goOn);
      resolve();
    };
    for (const event of ["drain", "close"]) unpacker.on(event, goOn);
  });
}

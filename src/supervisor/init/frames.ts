/** Cuts a stream of bytes into frames. */
import { type Frame, HEADER_SIZE, WireError } from "./wire.ts";

const UNIT = 8;
const MOST = 4 << 20;

/**
 * Takes chunks as they come and gives whole frames back.
 *
 * @example
 * const splitter = new FrameSplitter();
 * socket.on("data", (chunk) => splitter.push(chunk).forEach(handle));
 */
export class FrameSplitter {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #wanted = HEADER_SIZE;

  /** The frames that are whole by now. Throws a WireError for what can't be one; then nothing more can be read. */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // A large frame comes in many pieces: they are joined once, not once for each piece.
    if (this.#size < this.#wanted) return [];
    const bytes = this.#chunks.length === 1 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat(this.#chunks);
    const { frames, rest, wanted } = split(bytes);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
    this.#wanted = wanted;
    return frames;
  }

  /** Whether a frame has begun and not ended. */
  get isHalf(): boolean {
    return this.#size > 0;
  }
}

function split(bytes: Buffer): { frames: Frame[]; rest: Uint8Array; wanted: number } {
  const frames: Frame[] = [];
  for (let at = 0; ; ) {
    const left = bytes.length - at;
    if (left < HEADER_SIZE) return { frames, rest: bytes.subarray(at), wanted: HEADER_SIZE };
    const size = bytes.readUInt32LE(at);
    if (size < HEADER_SIZE || size > MOST || size % UNIT !== 0) throw new WireError(`${size} is no size of a frame`);
    if (left < size) return { frames, rest: bytes.subarray(at), wanted: size };
    frames.push({
      type: bytes.readUInt16LE(at + 4),
      fds: bytes.readUInt16LE(at + 6),
      id: bytes.readUInt32LE(at + 8),
      payload: bytes.subarray(at + HEADER_SIZE, at + size),
    });
    at += size;
  }
}

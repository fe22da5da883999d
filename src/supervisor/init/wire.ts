/** The fields of frames, as native/frames.h describes them: little-endian numbers, texts with their length, padded to four bytes. */

/** What is not a frame of the protocol, or not one of ours. */
export class WireError extends Error {
  readonly code = "ERR_INIT_PROTOCOL";

  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}

export const HEADER_SIZE = 16;
const UNIT = 8;

export interface Frame {
  readonly type: number;
  /** Of a request and its answer; 0 for an event. */
  readonly id: number;
  /** How many descriptors come with it. */
  readonly fds: number;
  readonly payload: Uint8Array;
}

/** Puts a frame together, field by field. */
export class FrameWriter {
  #bytes: Buffer = Buffer.alloc(256);
  #size = HEADER_SIZE;

  u32(value: number): this {
    const at = this.#take(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
    return this;
  }

  u64(value: number | bigint): this {
    const at = this.#take(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    this.u32(bytes.length).#put(bytes);
    this.#take((4 - (bytes.length % 4)) % 4);
    return this;
  }

  /** Bytes with their length, at the next multiple of eight. */
  block(bytes: Uint8Array): this {
    this.u32(bytes.length);
    this.#take((UNIT - (this.#size % UNIT)) % UNIT);
    return this.#put(bytes);
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).#put(bytes);
  }

  finish(type: number, id: number, fds = 0): Uint8Array {
    this.#take((UNIT - (this.#size % UNIT)) % UNIT);
    this.#bytes.writeUInt32LE(this.#size, 0);
    this.#bytes.writeUInt16LE(type, 4);
    this.#bytes.writeUInt16LE(fds, 6);
    this.#bytes.writeUInt32LE(id >>> 0, 8);
    return this.#bytes.subarray(0, this.#size);
  }

  #put(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  #take(size: number): number {
    const at = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const larger = Buffer.alloc(2 ** Math.ceil(Math.log2(this.#size)));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}

/** Reads the fields of a payload. Fields that a newer init has added at its end are left alone. */
export class FrameReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(payload: Uint8Array) {
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  /** For counts and sizes, which are far below 2^53. */
  number(): number {
    const at = this.#take(8);
    return this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 2 ** 32;
  }

  /** A time in nanoseconds, as milliseconds. */
  milliseconds(): number {
    return this.number() / 1e6;
  }

  text(): string {
    const size = this.u32();
    const at = this.#take(size);
    this.#take((4 - (size % 4)) % 4);
    return this.#bytes.toString("utf8", at, at + size);
  }

  /** Bytes with their length, copied: the buffer they are in is used again. */
  bytes(): Uint8Array {
    const size = this.u32();
    const at = this.#take(size);
    return new Uint8Array(this.#bytes.subarray(at, at + size));
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#bytes.length - at) throw new WireError(`a frame of ${this.#bytes.length} bytes ends before its fields do`);
    this.#at += size;
    return at;
  }
}

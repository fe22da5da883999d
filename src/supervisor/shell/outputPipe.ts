/** What a command writes, the end of it: read as it comes, so that the command never waits for us. */
import { closeSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { native } from "../../native/addon.ts";

const MOST = 4096;
const CHUNK = 65_536;

export class OutputPipe {
  /** For the command; close-on-exec. */
  readonly writeEnd: number;
  readonly #readEnd: number;
  #socket: Socket | undefined;
  #end: Buffer = Buffer.alloc(0);
  #open = true;
  #writeEndOpen = true;

  constructor() {
    const [read, write] = native().pipe();
    this.writeEnd = write;
    this.#readEnd = read;
  }

  /** Once the command has its end: ours is closed. */
  startReading(): void {
    this.#closeWriteEnd();
    // A copy, since a Socket closes what it was given.
    this.#socket = new Socket({ fd: native().duplicate(this.#readEnd, 3), readable: true, writable: false });
    this.#socket.on("data", (chunk: Buffer) => this.#keep(chunk));
    this.#socket.on("error", () => {});
    this.#socket.unref();
  }

  /** All that was written until now, or the last 4 KiB of it. Descendants may hold the pipe, so its end is not waited for. */
  take(): string {
    this.#socket?.destroy();
    this.#readRest();
    return this.#end.toString();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closeWriteEnd();
    this.#socket?.destroy();
    closeSync(this.#readEnd);
  }

  #closeWriteEnd(): void {
    if (this.#writeEndOpen) closeSync(this.writeEnd);
    this.#writeEndOpen = false;
  }

  /** What the Socket had not come to. It has made the pipe non-blocking; more than a full pipe comes only from who still writes. */
  #readRest(): void {
    const chunk = Buffer.allocUnsafe(CHUNK);
    try {
      const count = readSync(this.#readEnd, chunk, 0, CHUNK, null);
      this.#keep(chunk.subarray(0, count));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }

  #keep(chunk: Buffer): void {
    const whole = chunk.length >= MOST ? chunk : Buffer.concat([this.#end, chunk]);
    this.#end = Buffer.from(whole.subarray(-MOST));
  }
}

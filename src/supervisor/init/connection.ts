/** The stream to init: frames in, frames with descriptors out, in order and without ever blocking. */
import { Socket } from "node:net";
import { errnoName, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { FrameSplitter } from "./frames.ts";
import { InitError } from "./initError.ts";
import { type Frame, WireError } from "./wire.ts";

/** Milliseconds until a full stream is tried again; init reads at once, so it is hardly ever full. */
const RETRY = 2;

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly fds: readonly number[];
  sent: number;
  readonly refused: (error: Error) => void;
}

export interface ConnectionHandlers {
  frame(frame: Frame): void;
  /** Once; `error` is undefined when init closed the stream or is gone. */
  closed(error: Error | undefined): void;
}

export class Connection {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #queue: Outgoing[] = [];
  readonly #handlers: ConnectionHandlers;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** Takes over `fd`. */
  constructor(fd: number, handlers: ConnectionHandlers) {
    const splitter = new FrameSplitter();
    this.#fd = fd;
    this.#handlers = handlers;
    // For reading only: Node has no word for sending descriptors, and two writers would mix their frames.
    this.#socket = new Socket({ fd });
    this.#socket.on("data", (chunk) => {
      try {
        for (const frame of splitter.push(chunk)) {
          if (this.#closed) return;
          handlers.frame(frame);
        }
      } catch (error) {
        // What a listener throws is not init's fault.
        if (!(error instanceof WireError)) throw error;
        this.close(new InitError("ERR_INIT_PROTOCOL", undefined, { cause: error, detail: error.message }));
      }
    });
    this.#socket.on("end", () => this.close());
    this.#socket.on("error", (error) => this.close(error));
    this.#socket.on("close", () => this.close());
  }

  /** Queues a frame. `refused` is called when its descriptors can't be sent; it is then left out. They must stay open until the answer. */
  send(bytes: Uint8Array, fds: readonly number[], refused: (error: Error) => void): void {
    if (this.#closed) return;
    this.#queue.push({ bytes, fds, sent: 0, refused });
    if (this.#retry === undefined) this.#flush();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket.destroy();
    this.#handlers.closed(error);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether the open connection keeps this process from ending. */
  ref(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }

  #flush(): void {
    this.#retry = undefined;
    for (let first = this.#queue[0]; first !== undefined && !this.#closed; first = this.#queue[0]) {
      if (!this.#sendSome(first)) {
        this.#retry = setTimeout(() => this.#flush(), RETRY);
        return;
      }
    }
  }

  /** False when the stream is full. */
  #sendSome(outgoing: Outgoing): boolean {
    const { bytes, fds, sent: before, refused } = outgoing;
    try {
      outgoing.sent += native().sendRights(this.#fd, bytes.subarray(before), before === 0 ? fds : []);
    } catch (error) {
      const code = isSystemError(error) ? errnoName(error.errno) : "";
      if (["EPIPE", "ECONNRESET", "ENOTCONN"].includes(code)) {
        this.close();
      } else {
        this.#queue.shift();
        refused(error instanceof Error ? error : new Error(String(error)));
      }
      return true;
    }
    if (outgoing.sent === bytes.length) this.#queue.shift();
    return outgoing.sent > before;
  }
}

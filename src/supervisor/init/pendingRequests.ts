/** Requests that wait for their answers. */
import { InitError } from "./initError.ts";
import type { RequestName } from "./protocol.ts";
import type { FrameReader } from "./wire.ts";

interface Pending {
  readonly name: RequestName;
  readonly resolve: (answer: FrameReader) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** Resolves to the payload of the answer. `send` is given the id of the request. */
  add(name: RequestName, timeout: number, send: (id: number) => void): Promise<FrameReader> {
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(id, new InitError("ERR_INIT_TIMEOUT", name, { detail: `${timeout} ms` })), timeout);
      this.#pending.set(id, { name, resolve, reject, timer });
      send(id);
    });
  }

  /** An answer to a request that has timed out is of no use any more. */
  settle(id: number, answer: FrameReader): void {
    this.#take(id)?.resolve(answer);
  }

  fail(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  failAll(cause: Error | undefined): void {
    for (const [id, { name }] of [...this.#pending]) {
      this.fail(id, new InitError("ERR_INIT_GONE", name, cause === undefined ? {} : { cause, detail: cause.message }));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % 0xffffffff) + 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }
}

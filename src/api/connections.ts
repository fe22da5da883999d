/** The open connections: how many, and which may be closed for another one. */
import type { Socket } from "node:net";

export interface ConnectionLimits {
  readonly connections: number;
  /** Those that follow events or wait for an action: the rest is left for questions that are answered at once. */
  readonly long: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  /** Oldest first; how many requests of it are being answered. */
  readonly #open = new Map<Socket, number>();
  #long = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** False where all are taken. Where one asks for nothing at the moment, the one that does so longest is closed. */
  admit(socket: Socket): boolean {
    if (this.#open.size >= this.#limits.connections && !this.#closeIdle()) return false;
    this.#open.set(socket, 0);
    socket.once("close", () => this.#open.delete(socket));
    return true;
  }

  busy(socket: Socket): void {
    this.#change(socket, 1);
  }

  idle(socket: Socket): void {
    this.#change(socket, -1);
  }

  isBusy(socket: Socket): boolean {
    return (this.#open.get(socket) ?? 0) > 0;
  }

  /** The end of a long answer; undefined where there are too many. */
  beginLong(): (() => void) | undefined {
    if (this.#long >= this.#limits.long) return undefined;
    this.#long += 1;
    let ended = false;
    return () => {
      if (!ended) this.#long -= 1;
      ended = true;
    };
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  destroyIdle(): void {
    for (const [socket, requests] of this.#open) if (requests === 0) socket.destroy();
  }

  #change(socket: Socket, by: number): void {
    const requests = this.#open.get(socket);
    if (requests !== undefined) this.#open.set(socket, requests + by);
  }

  #closeIdle(): boolean {
    for (const [socket, requests] of this.#open) {
      if (requests > 0) continue;
      this.#open.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}

/** Server-sent events to one page. A page that does not keep up is cut off, and comes back by itself to a fresh start. */
import type { ServerResponse } from "node:http";

/** Milliseconds between two signs of life. */
const HEARTBEAT = 15_000;
/** Bytes that may wait for a page. */
const MOST_WAITING = 4 * 1024 * 1024;

export class EventStream {
  readonly #response: ServerResponse;
  readonly #beat: NodeJS.Timeout;

  /** Answers with the head; `onEnd` is called once, when the page is gone or was cut off. */
  constructor(response: ServerResponse, onEnd: () => void) {
    this.#response = response;
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" });
    response.write("retry: 1000\n\n");
    this.#beat = setInterval(() => response.write(":\n\n"), HEARTBEAT);
    response.on("close", () => {
      clearInterval(this.#beat);
      onEnd();
    });
  }

  /** @param data JSON, which has no line ends */
  send(event: string, data: string): void {
    if (this.#response.destroyed) return;
    this.#response.write(`event: ${event}\ndata: ${data}\n\n`);
    if (this.#response.writableLength > MOST_WAITING) this.#response.destroy();
  }

  /** Resolves when the page has taken what was sent, or is gone. */
  drained(): Promise<void> | undefined {
    if (!this.#response.writableNeedDrain || this.#response.destroyed) return undefined;
    return new Promise((resolve) => {
      this.#response.once("drain", resolve);
      this.#response.once("close", resolve);
    });
  }

  end(): void {
    this.#response.end();
  }
}

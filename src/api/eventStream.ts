/**
 * The events for one reader, as server-sent events. Nothing is queued for it beyond the buffer of its connection: a
 * cursor goes through what the event log keeps, as fast as the reader reads.
 */
import type { ServerResponse } from "node:http";
import type { EventSource, SupervisorEvent } from "../supervisor/control.ts";

/** Events that are put into one write. */
const AT_ONCE = 100;

export interface StreamOptions {
  /** The last one that the reader has; undefined: none but those to come, or with `follow: false` all that are kept. */
  readonly after: number | undefined;
  readonly follow: boolean;
  /** Milliseconds between two signs of life. */
  readonly heartbeat: number;
  /** Milliseconds after which a reader that takes nothing is cut off. */
  readonly stall: number;
}

/** Ends with the connection. A reader that is too slow gets `event: overflow` as its last, and can come back with its last id. */
export function streamEvents(events: EventSource, response: ServerResponse, options: StreamOptions): void {
  const { follow } = options;
  // A log that began anew has smaller numbers: then all of it is news.
  let sent = options.after === undefined ? (follow ? events.latest : 0) : options.after > events.latest ? 0 : options.after;
  let batch: readonly SupervisorEvent[] = [];
  let isFull = false;
  let begun = false;
  let stalled: NodeJS.Timeout | undefined;
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", Connection: "close" });

  const write = (text: string) => {
    if (response.destroyed || response.writableEnded || isFull) return;
    if (response.write(text)) return;
    isFull = true;
    stalled = setTimeout(() => overflow(), options.stall);
  };
  const overflow = () => {
    stop();
    response.end(`id: ${sent}\nevent: overflow\ndata: {"after":${sent},"latest":${events.latest}}\n\n`);
    stalled = setTimeout(() => response.destroy(), options.stall);
  };
  const pump = () => {
    while (!isFull && !response.destroyed && !response.writableEnded) {
      if (batch.length === 0) batch = events.after(sent);
      const next = batch.slice(0, AT_ONCE);
      // Not kept any more: the reader has to know. At the beginning it can't be helped.
      const gap = begun ? next.findIndex(({ seq }, index) => seq !== sent + index + 1) : -1;
      const whole = gap === -1 ? next : next.slice(0, gap);
      batch = batch.slice(whole.length, whole.length + 5 * AT_ONCE);
      begun = true;
      sent = whole.at(-1)?.seq ?? sent;
      if (whole.length > 0) write(whole.map(frame).join(""));
      if (gap !== -1) return overflow();
      if (next.length === 0) {
        if (!follow) response.end();
        return;
      }
    }
  };
  const unsubscribe = events.subscribe(pump);
  const beat = setInterval(() => write(":\n\n"), options.heartbeat);
  const stop = () => {
    unsubscribe();
    clearInterval(beat);
    clearTimeout(stalled);
  };
  response.on("drain", () => {
    isFull = false;
    clearTimeout(stalled);
    pump();
  });
  response.on("close", stop);
  // From the first moment the reader knows where it is, so that it can come back without having seen an event.
  write(`retry: 1000\nid: ${sent}\n\n`);
  pump();
}

function frame(event: SupervisorEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Samples for one reader, as server-sent events. Who is slow misses some: a sample is about now, and none is kept for later. */
import type { ServerResponse } from "node:http";
import type { MonitorSample } from "../monitor/sample.ts";
import type { MonitorSource } from "../supervisor/control.ts";

export interface SampleStreamOptions {
  /** Milliseconds between two samples. */
  readonly interval: number;
  /** After so many it ends. */
  readonly count: number;
  /** Milliseconds between two signs of life. */
  readonly heartbeat: number;
  /** Milliseconds after which a reader that takes nothing is cut off. */
  readonly stall: number;
}

/** The latest one at once. Ends with the connection. */
export function streamSamples(
  monitor: MonitorSource,
  response: ServerResponse,
  { interval, count, heartbeat, stall }: SampleStreamOptions,
): void {
  let isFull = false;
  let left = count;
  let stalled: NodeJS.Timeout | undefined;
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", Connection: "close" });
  const write = (text: string) => {
    if (isFull || response.destroyed || response.writableEnded || response.write(text)) return;
    isFull = true;
    stalled = setTimeout(() => response.destroy(), stall);
  };
  const tell = (sample: MonitorSample) => {
    if (isFull || left <= 0) return;
    write(`event: sample\ndata: ${JSON.stringify(sample)}\n\n`);
    left -= 1;
    if (left <= 0) response.end();
  };
  tell(monitor.sample());
  if (left <= 0) return;
  const unwatch = monitor.watch(interval, tell);
  const beat = setInterval(() => write(":\n\n"), heartbeat);
  response.on("drain", () => {
    isFull = false;
    clearTimeout(stalled);
  });
  response.on("close", () => {
    unwatch();
    clearInterval(beat);
    clearTimeout(stalled);
  });
}

/**
 * Logs on their way to one reader. They are read from the files as fast as the reader takes them: whoever is slow costs
 * one buffer, and no more.
 */
import type { ServerResponse } from "node:http";
import { lineFilter } from "../logs/readFilter.ts";
import { type FollowTarget, followLogs } from "../logs/readFollowing.ts";
import { type ReadEnd, type ReadOptions, readForward, readLast } from "../logs/readLog.ts";
import { collected, type MergedLine, mergeLines, type Source } from "../logs/readMerge.ts";
import { formatPositions } from "../logs/readPosition.ts";
import type { ApiLog, LogRequest } from "./logs.ts";

export interface LogStreamOptions {
  /** Aborted when the reader is gone, or the server closes. */
  readonly signal: AbortSignal;
  /** Milliseconds between two signs of life. */
  readonly heartbeat: number;
  /** Milliseconds after which a reader that takes nothing is cut off; it can come back to where it was. */
  readonly stall: number;
}

/** What `data` of an event, or a line of JSON, holds. */
export interface ApiLogLine {
  /** "web/0" */
  readonly instance: string;
  readonly stream: "stdout" | "stderr";
  /** When it was written, milliseconds since 1970. */
  readonly time: number;
  readonly line: string;
  /** The line is longer than 128 KiB, and goes on in the next one of this instance and stream. */
  readonly partial?: true;
}

const LONGEST_LINE = 128 * 1024;
const BLOCK = 32 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of the text that is given to the connection at once. */
const WRITE = 64 * 1024;
/** Logs for which each event says where all of them are; of more, only the last event of a write does. */
const FEW = 8;
const TYPES = {
  events: "text/event-stream; charset=utf-8",
  json: "application/x-ndjson",
  text: "text/plain; charset=utf-8",
};

/** Answers with the logs, and ends with them, or with the connection. Never rejects. */
export async function streamLogs(request: LogRequest, response: ServerResponse, options: LogStreamOptions): Promise<void> {
  response.writeHead(200, { "Content-Type": TYPES[request.format], "Cache-Control": "no-store", Connection: "close" });
  const writer = new LogWriter(request, response, options);
  try {
    if (request.after === undefined) await writer.backlog();
    if (request.follow) await writer.follow();
    response.end();
  } catch {
    // The head is sent: that it ends in the midst of a chunk is all that can be said.
    response.destroy();
  } finally {
    writer.end();
  }
}

class LogWriter {
  readonly #request: LogRequest;
  readonly #response: ServerResponse;
  readonly #options: LogStreamOptions;
  readonly #positions: Map<string, ReadEnd>;
  readonly #beat: NodeJS.Timeout | undefined;
  readonly #isOne: boolean;
  #text: string[] = [];
  #length = 0;
  #isFull = false;

  constructor(request: LogRequest, response: ServerResponse, options: LogStreamOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#positions = new Map(request.after);
    this.#isOne = request.logs().length === 1;
    if (request.format !== "events") return;
    response.write("retry: 1000\n\n");
    this.#beat = setInterval(() => {
      if (!this.#isFull && !options.signal.aborted) response.write(":\n\n");
    }, options.heartbeat);
  }

  end(): void {
    clearInterval(this.#beat);
  }

  async backlog(): Promise<void> {
    const { lines, follow } = this.#request;
    for await (const batch of lines === Infinity ? this.#all() : this.#last(lines)) {
      for (const { of, bytes, time, ended } of batch) {
        // What isn't finished comes when it is.
        if (follow && !ended && bytes.length < LONGEST_LINE) continue;
        if (!this.#put(of, bytes, time, ended, undefined)) await this.#flush();
      }
      await this.#flush();
      if (this.#options.signal.aborted) return;
    }
    if (this.#request.format === "events" && follow) {
      this.#text.push(`id: ${formatPositions(this.#positions)}\n\n`);
      await this.#flush();
    }
  }

  async follow(): Promise<void> {
    const { logs, filter } = this.#request;
    const { signal } = this.#options;
    const known = new Map<string, ApiLog & FollowTarget>();
    const discover = () =>
      currentOf(logs).map((log) => {
        const target = known.get(keyOf(log)) ?? { ...log, from: this.#positions.get(keyOf(log)) ?? ("begin" as const) };
        known.set(keyOf(log), target);
        return target;
      });
    const filters = new Map<string, (line: Buffer) => boolean>();
    for await (const { target, lines } of followLogs({ signal, discover, longestLine: LONGEST_LINE })) {
      const key = keyOf(target);
      const isWanted = filters.get(key) ?? lineFilter(filter);
      filters.set(key, isWanted);
      const time = Date.now();
      for (const { bytes, ended, position } of lines) {
        this.#positions.set(key, position);
        if (!isWanted(bytes)) continue;
        const id = known.size <= FEW ? formatPositions(this.#positions) : undefined;
        if (!this.#put(target, bytes, time, ended, id)) await this.#flush();
      }
      if (known.size > FEW && this.#length > 0) this.#text.push(`id: ${formatPositions(this.#positions)}\n\n`);
      await this.#flush();
    }
  }

  #all(): AsyncIterable<readonly MergedLine<ApiLog>[]> {
    return mergeLines(this.#request.logs().map((of) => ({ of, lines: readForward(of, this.#optionsOf(of)) })));
  }

  async *#last(count: number): AsyncGenerator<readonly MergedLine<ApiLog>[], void, undefined> {
    const logs = this.#request.logs();
    const sources: Source<ApiLog>[] = [];
    for (const of of logs) {
      const lines = await readLast(of, count, { ...this.#optionsOf(of), mostBytes: MOST_BYTES / logs.length });
      sources.push({ of, lines: collected(lines) });
    }
    yield* mergeLines(sources);
  }

  #optionsOf(log: ApiLog): ReadOptions {
    const { since, until, filter, follow } = this.#request;
    return {
      ...{ since, until, ...filter, blockSize: BLOCK, longestLine: LONGEST_LINE },
      ...(follow ? { reached: (end: ReadEnd) => void this.#positions.set(keyOf(log), end) } : {}),
    };
  }

  /** False where enough is gathered for a write. */
  #put(log: ApiLog, bytes: Buffer, time: number, ended: boolean, id: string | undefined): boolean {
    const text = this.#form(log, bytes, time, ended, id);
    this.#text.push(text);
    this.#length += text.length;
    return this.#length < WRITE;
  }

  #form({ instance, output }: ApiLog, bytes: Buffer, time: number, ended: boolean, id: string | undefined): string {
    const line = bytes.toString("utf8");
    if (this.#request.format === "text") return this.#isOne ? `${line}\n` : `${instance} | ${line}\n`;
    const isPartial = !ended && bytes.length >= LONGEST_LINE;
    const content: ApiLogLine = { instance, stream: output, time: Math.round(time), line, ...(isPartial ? { partial: true } : {}) };
    const json = JSON.stringify(content);
    if (this.#request.format === "json") return `${json}\n`;
    return `${id === undefined ? "" : `id: ${id}\n`}event: line\ndata: ${json}\n\n`;
  }

  /** Resolves when there is room for more. */
  async #flush(): Promise<void> {
    const response = this.#response;
    const { signal, stall } = this.#options;
    const text = this.#text.join("");
    this.#text = [];
    this.#length = 0;
    if (text === "" || signal.aborted || response.destroyed || response.write(text)) return;
    this.#isFull = true;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => response.destroy(), stall);
      const goOn = () => {
        clearTimeout(stalled);
        for (const event of ["drain", "close"]) response.off(event, goOn);
        signal.removeEventListener("abort", goOn);
        resolve();
      };
      for (const event of ["drain", "close"]) response.on(event, goOn);
      signal.addEventListener("abort", goOn);
    });
    this.#isFull = false;
  }
}

/** None where the service was deleted meanwhile; it may come back. */
function currentOf(logs: LogRequest["logs"]): readonly ApiLog[] {
  try {
    return logs();
  } catch {
    return [];
  }
}

function keyOf({ instance, output }: ApiLog): string {
  return output === "stdout" ? instance : `${instance}:${output}`;
}

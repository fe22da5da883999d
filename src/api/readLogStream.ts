/** The logs of a supervisor for its client, over as many connections as it takes. */
import { errorOfLost } from "./clientError.ts";
import { connectEvents } from "./eventConnection.ts";
import { LostAnswer } from "./exchange.ts";
import type { ApiLogLine } from "./logStream.ts";
import { pauseFor } from "./pause.ts";

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

/** Where nothing is said: the last 100 lines of each log; with `since`, `until`, `grep` or `level` all of them. */
export interface LogOptions {
  /** Go on with what is written. Default false. */
  readonly follow?: boolean;
  /** The last lines of each log, up to 10,000, or all. */
  readonly lines?: number | "all";
  /** "10min", "yesterday", "14:30", an ISO time; or milliseconds since 1970. */
  readonly since?: string | number;
  readonly until?: string | number;
  /** A text that the line has; or field=value, which also finds that field in lines of JSON. */
  readonly grep?: string;
  /** That level or worse: "warn". */
  readonly level?: string;
  readonly stream?: "stdout" | "stderr";
  /** Ends it. */
  readonly signal?: AbortSignal;
}

export interface ReadLogsOptions {
  readonly socket: string;
  /** Milliseconds to wait for a supervisor that is being started again. */
  readonly timeout: number;
  /** "/v1/services/web/logs" */
  readonly path: string;
  readonly options: Omit<LogOptions, "signal">;
  readonly signal: AbortSignal;
}

/** @throws DaemonError */
export async function* readLogStream({
  socket,
  timeout,
  path,
  options,
  signal,
}: ReadLogsOptions): AsyncGenerator<ApiLogLine, void, undefined> {
  const follow = options.follow === true;
  let position: string | undefined;
  let hasBegun = false;
  let until = Date.now() + timeout;
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    try {
      for await (const { id, data } of connectEvents(socket, `${path}?${queryOf(options, position)}`, signal)) {
        until = Date.now() + timeout;
        pause = FIRST_PAUSE;
        hasBegun = true;
        if (data !== undefined) yield JSON.parse(data) as ApiLogLine;
        position = id ?? position;
      }
      // A supervisor that ends closes the stream properly; its successor goes on.
      if (!follow) return;
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      const { lost } = error;
      if (signal.aborted) return;
      const transient = lost.is === "cut" || lost.is === "silent" || (lost.is === "unconnected" && lost.errno === "EAGAIN");
      // Without a place to go on from, what was read would come again.
      const isRepeatable = follow ? position !== undefined || !hasBegun : !hasBegun;
      if (!transient || !isRepeatable || Date.now() + pause >= until) throw errorOfLost(lost, socket, timeout);
    }
    await pauseFor(pause, signal);
  }
}

function queryOf(options: ReadLogsOptions["options"], position: string | undefined): string {
  const { follow = false, lines, since, until, grep, level, stream } = options;
  const query = new URLSearchParams({ format: "events", follow: follow ? "1" : "0" });
  const add = (key: string, value: string | number | undefined) => value !== undefined && query.set(key, String(value));
  add("grep", grep);
  add("level", level);
  add("stream", stream);
  if (position !== undefined) {
    add("after", position);
  } else {
    add("lines", lines);
    add("since", momentText(since));
    add("until", momentText(until));
  }
  return query.toString();
}

function momentText(moment: string | number | undefined): string | undefined {
  return typeof moment === "number" ? `@${moment / 1000}` : moment;
}

/** GET /v1/services/:selector/logs: what it takes, checked, and the logs that are meant. */
import { basename, dirname } from "node:path";
import { type Filter, parseGrep } from "../logs/readFilter.ts";
import { LEVEL_WORDS, levelOf } from "../logs/readLevels.ts";
import type { LogName } from "../logs/readLog.ts";
import { parseMoment } from "../logs/readMoment.ts";
import { type Positions, parsePositions } from "../logs/readPosition.ts";
import type { Control } from "../supervisor/control.ts";
import { ValueError } from "../values/valueError.ts";
import { bad, type Field, FLAG, oneOf, TEXT } from "./requestFields.ts";

export interface ApiLog extends LogName {
  readonly service: string;
  /** "web/0" */
  readonly instance: string;
  readonly output: "stdout" | "stderr";
}

export interface LogRequest {
  readonly follow: boolean;
  readonly format: "json" | "text" | "events";
  /** Infinity for all. */
  readonly lines: number;
  /** Milliseconds since 1970, as `until`. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly filter: Filter;
  /** Where the one who asks was before: then it goes on there. */
  readonly after: Positions | undefined;
  /** Asked again while it is followed: instances come and go. */
  readonly logs: () => readonly ApiLog[];
}

/** Lines that can be asked for from the end: they are collected in the supervisor's memory. */
export const MOST_LINES = 10_000;
/** Logs that are read in one answer. */
export const MOST_LOGS = 64;
const USUAL_LINES = 100;

const LINES: Field<string> = {
  meant: `a number of lines up to ${MOST_LINES}, or "all"`,
  read: (value) => {
    const isCount = typeof value === "string" && /^\d{1,5}$/.test(value) && Number(value) <= MOST_LINES;
    return isCount || value === "all" ? { value } : undefined;
  },
};

const LEVEL: Field<string> = {
  meant: `a level: ${LEVEL_WORDS.join(", ")}`,
  read: (value) => (typeof value === "string" && levelOf(value) !== undefined ? { value } : undefined),
};

export const LOG_QUERY = {
  ...{ follow: FLAG, lines: LINES, since: TEXT, until: TEXT, grep: TEXT, level: LEVEL, after: TEXT },
  stream: oneOf("stdout", "stderr"),
  format: oneOf("json", "text", "events"),
} as const satisfies Readonly<Record<string, Field<unknown>>>;

type Query = Readonly<Partial<Record<string, string>>>;

/**
 * What was asked for.
 *
 * @param lastEventId the header; a strange one is as good as none
 * @throws ApiError ERR_BAD_REQUEST, ControlError ERR_NO_SUCH_SERVICE
 */
export function readLogRequest(
  control: Pick<Control, "list">,
  selector: string,
  query: Query,
  lastEventId: string | undefined,
): LogRequest {
  const { grep, level, after, stream } = query;
  const follow = query.follow === "1";
  const now = Date.now();
  const since = momentOf("since", query.since, now);
  const until = momentOf("until", query.until, now);
  if (follow && until !== undefined) throw bad("follow and until contradict each other", "give one of them");
  const given = after === undefined ? undefined : parsePositions(after);
  if (after !== undefined && given === undefined) throw bad("after is no position", "give the id of an event of this stream");
  const logs = () => logsOf(control, selector, stream);
  if (logs().length > MOST_LOGS) throw bad(`these are more than ${MOST_LOGS} logs`, "ask for fewer services at once");
  // A regular expression could keep the supervisor busy for ever.
  const filter = {
    grep: grep === undefined ? undefined : checked("grep", () => parseGrep(grep, { fixed: true })),
    level: level === undefined ? undefined : levelOf(level),
  };
  const all = since !== undefined || (!follow && (until !== undefined || grep !== undefined || level !== undefined));
  return {
    ...{ follow, since, until, filter, logs },
    format: (query.format as LogRequest["format"] | undefined) ?? (follow ? "events" : "json"),
    lines: query.lines === undefined ? (all ? Infinity : USUAL_LINES) : query.lines === "all" ? Infinity : Number(query.lines),
    // A browser that comes back has its old address and the header, and the header is the newer one.
    after: (lastEventId === undefined ? undefined : parsePositions(lastEventId)) ?? given,
  };
}

/** Both outputs of each instance; a separate standard error may come later, so it is looked for wherever it could be. */
function logsOf(control: Pick<Control, "list">, selector: string, stream: string | undefined): readonly ApiLog[] {
  return control.list(selector).flatMap(({ name: service, instances }) =>
    instances.flatMap(({ name: instance, log, errorLog }) => {
      const outputs = [["stdout", log] as const, ...(errorLog === null ? [] : [["stderr", errorLog] as const])];
      return outputs.flatMap(([output, path]) => {
        const place = { directory: dirname(path), stream: basename(path, ".log") };
        return stream === undefined || stream === output ? [{ service, instance, output, ...place }] : [];
      });
    }),
  );
}

function momentOf(key: string, text: string | undefined, now: number): number | undefined {
  return text === undefined ? undefined : checked(key, () => parseMoment(text, now));
}

function checked<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ValueError ? bad(`${key}: ${error.message}`) : error;
  }
}

/** Lines of JSON as pino, bunyan, winston and their relatives in other languages write them. */
import { levelOf } from "./readLevels.ts";

export interface JsonLine {
  /** Milliseconds since 1970; undefined where it has none. */
  readonly time: number | undefined;
  readonly level: number | undefined;
  /** Its own word or number for it. */
  readonly levelText: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  /** What is left. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** All of it. */
  readonly all: Readonly<Record<string, unknown>>;
}

const TIMES = ["time", "timestamp", "@timestamp", "ts"];
const LEVELS = ["level", "severity", "levelname"];
const MESSAGES = ["msg", "message"];
/** The same in every line of a process, and known: the service's name stands before the line. `v` is bunyan's version. */
const DULL = ["pid", "hostname", "v"];

const OPENING = 0x7b;

/** The object that a line is; undefined for anything else. */
export function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (bytes[0] !== OPENING) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Undefined where the line is no object, or one that has neither a level nor a message. */
export function parseJsonLine(bytes: Buffer): JsonLine | undefined {
  const all = parseObject(bytes);
  if (all === undefined) return undefined;
  const [levelKey, level] = first(all, LEVELS, (value) => levelOf(value));
  const [messageKey, message] = first(all, MESSAGES, (value) => (typeof value === "string" ? value : undefined));
  if (levelKey === undefined && messageKey === undefined) return undefined;
  const [timeKey, time] = first(all, TIMES, timeOf);
  const [stackKey, stack] = stackOf(all);
  const taken = new Set([levelKey, messageKey, timeKey, stackKey, ...DULL]);
  const fields = Object.fromEntries(Object.entries(all).filter(([key]) => !taken.has(key)));
  return { time, level, levelText: levelKey === undefined ? undefined : String(all[levelKey]), message: message ?? "", stack, fields, all };
}

/** When a line says that it was written; undefined for one that doesn't. */
export function ownTime(bytes: Buffer): number | undefined {
  const all = parseObject(bytes);
  return all === undefined ? undefined : first(all, TIMES, timeOf)[1];
}

/** "a.b" is the b of a; a key with a dot in it comes first. */
export function fieldOf(object: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path];
  let value: unknown = object;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function first<T>(
  all: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  read: (value: unknown) => T | undefined,
): readonly [key: string | undefined, value: T | undefined] {
  for (const key of keys) {
    const value = Object.hasOwn(all, key) ? read(all[key]) : undefined;
    if (value !== undefined) return [key, value];
  }
  return [undefined, undefined];
}

/** Numbers are seconds, milliseconds or nanoseconds by their size; texts are ISO 8601, or what Date knows. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") {
    if (value >= 1e17) return value / 1e6;
    if (value >= 1e11 && value < 1e14) return value;
    return value >= 1e8 && value < 1e11 ? value * 1000 : undefined;
  }
  if (typeof value !== "string" || !/^\d{4}-|^\w{3},? /.test(value)) return undefined;
  const time = Date.parse(value.replace(",", "."));
  return Number.isNaN(time) ? undefined : time;
}

function stackOf(all: Readonly<Record<string, unknown>>): readonly [key: string | undefined, stack: string | undefined] {
  for (const key of ["err", "error"]) {
    const value = all[key];
    const stack = typeof value === "object" && value !== null && "stack" in value ? value.stack : undefined;
    if (typeof stack === "string") return [key, stack];
  }
  return typeof all.stack === "string" ? ["stack", all.stack] : [undefined, undefined];
}

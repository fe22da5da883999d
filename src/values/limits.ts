/** Resource limits: what getrlimit(2) calls them, their numbers in the kernel, and how people write them. */
import { parseDuration } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { parseSize } from "./size.ts";
import { given, ValueError } from "./valueError.ts";

/** Numbers of <asm-generic/resource.h>, which x64 and arm64 share. */
const RESOURCES = {
  cpu: { number: 0, unit: "seconds" },
  fsize: { number: 1, unit: "bytes" },
  data: { number: 2, unit: "bytes" },
  stack: { number: 3, unit: "bytes" },
  core: { number: 4, unit: "bytes" },
  rss: { number: 5, unit: "bytes" },
  nproc: { number: 6, unit: "count" },
  nofile: { number: 7, unit: "count" },
  memlock: { number: 8, unit: "bytes" },
  as: { number: 9, unit: "bytes" },
  locks: { number: 10, unit: "count" },
  sigpending: { number: 11, unit: "count" },
  msgqueue: { number: 12, unit: "bytes" },
  nice: { number: 13, unit: "count" },
  rtprio: { number: 14, unit: "count" },
  rttime: { number: 15, unit: "microseconds" },
} as const satisfies Record<string, { number: number; unit: "seconds" | "microseconds" | "bytes" | "count" }>;

/** A resource as setrlimit(2) names it, in lower case: "nofile" for RLIMIT_NOFILE. */
export type Resource = keyof typeof RESOURCES;

/** One end of a limit: a number in the resource's own unit, a text such as "10MiB" or "1min", or "unlimited". */
export type LimitValue = number | string;

/** One value for the soft and the hard limit, or both. */
export type Limit = LimitValue | readonly [soft: LimitValue, hard: LimitValue];

/** What setrlimit(2) is to be told; -1 is RLIM_INFINITY. */
export type ParsedLimit = readonly [soft: number, hard: number];

export const UNLIMITED = -1;

export const resources: readonly Resource[] = Object.keys(RESOURCES) as Resource[];

/** The number of a resource in <sys/resource.h>. */
export function resourceNumber(resource: Resource): number {
  return RESOURCES[resource].number;
}

/** The name of a resource's number, for messages and `--dry-run`. */
export function resourceName(number: number): string {
  return resources.find((name) => RESOURCES[name].number === number) ?? String(number);
}

/** @throws ValueError that names the nearest resource */
export function parseResource(name: string): Resource {
  if (Object.hasOwn(RESOURCES, name)) return name as Resource;
  const near = nearest(name, resources);
  throw new ValueError(
    `${given(name)} is not a resource: ${near === undefined ? `there are ${resources.join(", ")}` : `did you mean ${given(near)}?`}`,
  );
}

/**
 * The soft and the hard limit of one resource, from option `limits`. One value sets both.
 *
 * @throws ValueError for a value below zero, a soft limit above the hard one, or what is no amount of this resource
 * @example
 * parseLimitValue("nofile", [1024, "unlimited"]); // [1024, -1]
 */
export function parseLimitValue(resource: Resource, value: unknown): ParsedLimit {
  if (Array.isArray(value) && value.length !== 2)
    throw new ValueError(`${resource} has ${value.length} values where [soft, hard] are meant`);
  const [soft, hard]: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  const parsed = [amount(resource, soft), amount(resource, hard)] as const;
  if (rank(parsed[0]) > rank(parsed[1]))
    throw new ValueError(`${resource} has a soft limit (${given(soft)}) above its hard limit (${given(hard)})`);
  return parsed;
}

/**
 * A limit as `--limit` takes it: RESOURCE=VALUE or RESOURCE=SOFT:HARD.
 *
 * @throws ValueError as {@link parseLimitValue} does
 * @example
 * parseLimit("nofile=1024:4096"); // { resource: "nofile", limit: [1024, 4096] }
 */
export function parseLimit(text: string): { readonly resource: Resource; readonly limit: ParsedLimit } {
  const match = /^([^=]*)=([^:]*)(?::(.*))?$/.exec(text);
  if (match === null) throw new ValueError(`${given(text)} is not RESOURCE=VALUE or RESOURCE=SOFT:HARD, such as "nofile=1024:4096"`);
  const [, name = "", soft, hard] = match;
  const resource = parseResource(name);
  return { resource, limit: parseLimitValue(resource, hard === undefined ? soft : [soft, hard]) };
}

function amount(resource: Resource, value: unknown): number {
  if (value === "unlimited" || value === "infinity" || value === Number.POSITIVE_INFINITY) return UNLIMITED;
  const number = typeof value === "string" ? fromText(resource, value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  const { unit } = RESOURCES[resource];
  throw new ValueError(`${resource} is ${given(value)} where ${unit === "count" ? "a number" : unit} from 0 up, or "unlimited", is meant`);
}

/** Plain digits are the resource's own unit; anything else must name a unit that fits it. */
function fromText(resource: Resource, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  try {
    switch (RESOURCES[resource].unit) {
      case "bytes":
        return parseSize(text);
      case "seconds":
        return Math.ceil(parseDuration(text) / 1000);
      case "microseconds":
        return Math.round(parseDuration(text) * 1000);
      case "count":
        return Number.NaN;
    }
  } catch {
    return Number.NaN;
  }
}

function rank(limit: number): number {
  return limit === UNLIMITED ? Number.POSITIVE_INFINITY : limit;
}

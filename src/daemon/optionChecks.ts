/** What the options of a daemon may be, one check for each kind. */
import { fstatSync } from "node:fs";
import { parseIoPriority } from "../values/ioPriority.ts";
import { parseLimitValue, parseResource, resourceNumber } from "../values/limits.ts";
import { given, ValueError } from "../values/valueError.ts";
import { type Check, entries, hasNul, notA, path, text } from "./commonChecks.ts";

/** Where a standard descriptor of the daemon goes. A descriptor is the caller's. */
export type Stream =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "descriptor"; readonly fd: number }
  | { readonly kind: "syslog" };

export type CheckedLimit = readonly [resource: number, soft: number, hard: number];
export type CheckedVariable = readonly [name: string, value: string | Uint8Array | undefined];

/** A name for syslog and the process title: one word of a log line. */
export function name(value: unknown): string {
  const checked = text(value);
  if (/[\p{Cc}]/u.test(checked)) throw new ValueError(`${given(value)} has a control character in it`);
  return checked;
}

/** Standard input takes no "syslog". */
export function stream(fd: 0 | 1 | 2): Check<Stream> {
  return (value) => {
    if (value === "inherit") return { kind: "descriptor", fd };
    if (value === "syslog") {
      if (fd === 0) throw new ValueError('"syslog" can\'t be read from; a file of that name is "./syslog"');
      return { kind: "syslog" };
    }
    if (typeof value === "string") return { kind: "file", path: path(value) };
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return { kind: "descriptor", fd: value };
    return notA(value, `path, descriptor${fd === 0 ? "" : ', "syslog"'} or "inherit"`);
  };
}

/** Descriptors above the standard three, ascending, each once. */
export function keptDescriptors(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return notA(value, "list of descriptors");
  for (const fd of value) {
    if (typeof fd !== "number" || !Number.isInteger(fd) || fd < 0) notA(fd, "descriptor (a whole number from 3 up)");
    if (fd <= 2) throw new ValueError(`${fd} is a standard descriptor: use option '${["stdin", "stdout", "stderr"][fd]}' with "inherit"`);
  }
  return [...new Set<number>(value)].sort((a, b) => a - b);
}

export function open(fd: number): void {
  try {
    fstatSync(fd);
  } catch (error) {
    throw new ValueError(`descriptor ${fd} is not open`, { cause: error });
  }
}

export function limits(value: unknown): readonly CheckedLimit[] {
  return entries(value, 'object such as { nofile: 4096, core: "unlimited" }')
    .filter(([, limit]) => limit !== undefined)
    .map(([key, limit]): CheckedLimit => {
      const resource = parseResource(key);
      return [resourceNumber(resource), ...parseLimitValue(resource, limit)];
    });
}

/** Variables to set, and (undefined) to remove. */
export function variables(value: unknown): readonly CheckedVariable[] {
  return entries(value, 'object such as { LANG: "C.UTF-8" }').map(([key, content]): CheckedVariable => {
    if (key === "" || key.includes("=") || key.includes("\0")) {
      throw new ValueError(`${given(key)} can't be a variable's name: it is empty, or has "=" or a NUL byte in it`);
    }
    if (content === undefined) return [key, undefined];
    if (typeof content !== "string" && !(content instanceof Uint8Array))
      throw new ValueError(`${key} is ${given(content)} where text is meant`);
    if (hasNul(content)) {
      throw new ValueError(`the value of ${key} has a NUL byte in it`);
    }
    return [key, content];
  });
}

/** [class, level] of ioprio_set(2), written as ionice(1) names them. */
export function ioPriority(value: unknown): readonly [ioClass: number, level: number] {
  const [name, level] = parseIoPriority(value).split(":");
  return [name === "realtime" ? 1 : name === "idle" ? 3 : 2, Number(level ?? 0)];
}

/** Compares specifications. What they hold is canonical, so equal meaning is equal content. */
import type { ServiceSpec } from "./specTypes.ts";

/** `written` is how the author put it: it changes nothing. */
const NO_PART = ["written"];

/**
 * The keys in which two specifications differ, with dots between them, sorted: "env.PORT", "restart.limit", "command".
 * Lists differ as a whole. No values: they may be secrets.
 *
 * @example
 * difference(before, after); // ["env.PORT", "restart.limit"]
 */
export function difference(before: ServiceSpec, after: ServiceSpec): readonly string[] {
  const found: string[] = [];
  compare(withoutWritten(before), withoutWritten(after), "", found);
  return found.sort();
}

/**
 * The same for the same specification, also after it was saved and read again; another one for any other.
 *
 * @example
 * fingerprint(spec); // "5a3c0c9f1c4e7d20"
 */
export function fingerprint(spec: ServiceSpec): string {
  return process
    .getBuiltinModule("node:crypto")
    .createHash("sha256")
    .update(canonical(withoutWritten(spec)))
    .digest("hex")
    .slice(0, 16);
}

function withoutWritten(spec: ServiceSpec): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !NO_PART.includes(key)));
}

function compare(before: unknown, after: unknown, path: string, found: string[]): void {
  if (!isObject(before) || !isObject(after)) {
    if (canonical(before) !== canonical(after)) found.push(path);
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = path === "" ? key : `${path}.${key}`;
    compare(own(before, key), own(after, key), inner, found);
  }
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "undefined";
  const entries = Object.keys(value).sort();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${canonical(own(value, key))}`).join(",")}}`;
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A specification that may be shown. */
import type { ServiceSpec } from "./specTypes.ts";

export const HIDDEN = "(hidden)";

/**
 * The same with the values of environment variables hidden, and what its author wrote (`--token=${TOKEN}`) wherever a variable was filled in.
 *
 * @example
 * redact(spec).env; // { DATABASE_URL: "(hidden)" }
 */
export function redact(spec: ServiceSpec): ServiceSpec {
  const env = Object.fromEntries(Object.keys(spec.env).map((name) => [name, HIDDEN]));
  const shown = rewrite({ ...spec, env, written: {} }, "", spec.written);
  // Texts took the place of texts, so it has the same shape.
  return { ...(shown as ServiceSpec), written: spec.written };
}

function rewrite(value: unknown, path: string, written: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return Object.hasOwn(written, path) ? written[path] : value;
  if (typeof value !== "object" || value === null) return value;
  const inner = (key: string | number) => (path === "" ? String(key) : `${path}.${key}`);
  if (Array.isArray(value)) return value.map((item: unknown, index) => rewrite(item, inner(index), written));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, inner(key), written)]));
}

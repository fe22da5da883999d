/** Values that are kept as they are. */
import { given } from "../values/valueError.ts";
import type { Kind } from "./kind.ts";
import type { Place } from "./place.ts";
import { isPlainObject } from "./structures.ts";

/** A value as JSON keeps it, its variables filled in. */
export const json: Kind<unknown> = {
  label: "any",
  meant: "a value that JSON has",
  schema: {},
  read: (value, at) => readJson(value, at, []),
};

function readJson(value: unknown, at: Place, parents: readonly unknown[]): unknown {
  if (typeof value === "string") return at.fill(value)?.text;
  if (value === null || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
  if (parents.includes(value)) return at.error("it contains itself");
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item: unknown, index) => readJson(item, at.at(index), inside));
  if (!isPlainObject(value)) return at.error(`${given(value)} is nothing that JSON has`, { value });
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([name, item]) => [name, readJson(item, at.at(name), inside)]));
}

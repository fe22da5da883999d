/** Kinds that hold others: sections of keys, maps, lists. */
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import type { JsonSchema, Kind, Table } from "./kind.ts";
import type { Place } from "./place.ts";
import { describeKey, type ReadBy } from "./table.ts";

export interface Section<T> extends Kind<T> {
  readonly keys: Table;
  /** A single value stands for this key. */
  readonly shorthand: string | undefined;
}

/** Known keys, each read by its row of the table. With a shorthand, a value that is no object is that key's. */
export function section<T extends Table>(keys: T, { shorthand }: { readonly shorthand?: keyof T & string } = {}): Section<ReadBy<T>> {
  const short = shorthand === undefined ? undefined : keys[shorthand];
  const meant = `an object with the keys ${Object.keys(keys).join(", ")}`;
  return {
    label: short === undefined ? "section" : `section, or ${short.kind.label}`,
    meant,
    schema: short === undefined ? objectSchema(keys) : { anyOf: [short.kind.schema, objectSchema(keys)] },
    choices: short?.kind.choices,
    keys,
    shorthand,
    read(value, at) {
      if (isPlainObject(value)) return readKeys(keys, value, at);
      if (shorthand !== undefined && value !== null && !Array.isArray(value)) return readKeys(keys, { [shorthand]: value }, at, shorthand);
      return at.error(`${given(value)} is not ${meant}`, { value });
    },
  };
}

/** Any keys, one kind of values. Keys are checked by `name`, which reports what is wrong. */
export function mapOf<T>(
  kind: Kind<T>,
  example: string,
  name: (key: string, at: Place) => void = () => {},
): Kind<Readonly<Record<string, T>>> {
  const meant = `an object such as ${example}`;
  return {
    label: `map of ${kind.label}`,
    meant,
    schema: { type: "object", additionalProperties: kind.schema },
    read(value, at) {
      if (!isPlainObject(value)) return at.error(`${given(value)} is not ${meant}`, { value });
      const read: [string, T][] = [];
      for (const [key, held] of Object.entries(value)) {
        const here = at.at(key);
        name(key, here);
        if (held === undefined) continue;
        const one = kind.read(held, here);
        if (one !== undefined) read.push([key, one]);
      }
      // As own properties, whatever their names: also "__proto__".
      return Object.fromEntries(read);
    },
  };
}

/** A list; one value alone is a list of one, where `alone`. */
export function listOf<T>(kind: Kind<T>, { alone = false } = {}): Kind<readonly T[]> {
  const list: JsonSchema = { type: "array", items: kind.schema };
  return {
    label: alone ? `${kind.label}, or list` : `list of ${kind.label}`,
    meant: "a list",
    choices: kind.choices,
    keys: kind.keys,
    schema: alone ? { anyOf: [kind.schema, list] } : list,
    read(value, at) {
      if (!Array.isArray(value)) {
        if (!alone) return at.error(`${given(value)} is not a list`, { value });
        const only = kind.read(value, at);
        return only === undefined ? undefined : [only];
      }
      const read = Array.from(value, (item: unknown, index) => kind.read(item, at.at(index)));
      return read.every((item) => item !== undefined) ? read : undefined;
    },
  };
}

/** A class's instance or a Map is none: its content would be overlooked. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function readKeys<T extends Table>(keys: T, value: Readonly<Record<string, unknown>>, at: Place, short?: string): ReadBy<T> {
  for (const key of Object.keys(value)) if (!Object.hasOwn(keys, key)) unknownKey(keys, key, value[key], at);
  const read: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(keys)) {
    const held = Object.hasOwn(value, key) ? value[key] : undefined;
    const found = isLeftOut(held) ? row.fallback() : row.kind.read(held, short === undefined ? at.at(key) : at);
    if (found !== undefined) read[key] = found;
  }
  // Complete unless a problem was reported: see Kind.read.
  return read as ReadBy<T>;
}

/** A YAML key with nothing behind it is null. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null;
}

function unknownKey(keys: Table, key: string, value: unknown, at: Place): void {
  const near = nearest(key, Object.keys(keys));
  const home = near === undefined ? sectionWith(keys, key) : undefined;
  const meant =
    near !== undefined
      ? `did you mean ${given(near)}?`
      : home !== undefined
        ? `did you mean ${given(home)}?`
        : `there are ${Object.keys(keys).join(", ")}`;
  at.at(key).error(`there is no such key: ${meant}`, { value, nearest: near ?? home });
}

/** "maxSize" belongs into "logs". */
function sectionWith(keys: Table, key: string): string | undefined {
  for (const [name, { kind }] of Object.entries(keys)) {
    if (kind.keys !== undefined && Object.hasOwn(kind.keys, key)) return `${name}.${key}`;
  }
  return undefined;
}

function objectSchema(keys: Table): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(keys).map(([key, row]) => [key, { ...describeKey(row), ...row.kind.schema }])),
    additionalProperties: false,
  };
}

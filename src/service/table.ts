/** Rows of the tables of keys. From them come checks, defaults, docs/specification.md, the JSON Schema and completion. */
import type { Change, JsonSchema, Kind, Row, Table } from "./kind.ts";
import { Place } from "./place.ts";

export type ReadBy<T extends Table> = { readonly [K in keyof T]: T[K] extends Row<infer V> ? V : never };

/** What can be known of a section while there are problems in it. */
export type Draft<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: Draft<T[K]> | undefined } : T;

interface Words {
  readonly doc: string;
  readonly example: unknown;
  readonly change?: Change;
}

/** A key with a default, given as an author would write it. `shown` says it in words. */
export function key<T>(kind: Kind<T>, words: Words & { readonly default: unknown; readonly shown?: string }): Row<T> {
  let known: { readonly value: T } | undefined;
  return {
    kind,
    fallback: () => {
      known ??= { value: readDefault(kind, words.default) };
      return known.value;
    },
    default: words.shown ?? JSON.stringify(words.default),
    doc: words.doc,
    example: words.example,
    change: words.change,
  };
}

/** A key that is null where it is left out. `shown` says what that means. */
export function optionalKey<T>(kind: Kind<T>, words: Words & { readonly shown?: string }): Row<T | null> {
  return { kind, fallback: () => null, default: words.shown, doc: words.doc, example: words.example, change: words.change };
}

/** What a JSON Schema says about a key, besides what it may hold. */
export function describeKey({ doc, default: fallback, example }: Row<unknown>): JsonSchema {
  return { description: fallback === undefined ? doc : `${doc} Default: ${fallback}.`, examples: [example] };
}

function readDefault<T>(kind: Kind<T>, value: unknown): T {
  const nowhere = { file: undefined, directory: "/", locate: () => undefined, variables: {}, parallelism: 1 };
  const at = Place.root(nowhere);
  const read = kind.read(value, at);
  if (read === undefined) throw new TypeError(`a default in the table is wrong: ${at.problems[0]?.message}`);
  return read;
}

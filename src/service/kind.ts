/** What a key may hold: how it is read, and how documentation, editors and completion describe it. */
import { given, ValueError } from "../values/valueError.ts";
import type { Place } from "./place.ts";

export type JsonSchema = { readonly [key: string]: unknown };

export interface Kind<T> {
  /** One or two words for the documentation: "duration". */
  readonly label: string;
  /** Completes "… is not": 'a duration such as "30s"'. */
  readonly meant: string;
  /** What may be written, for editors. */
  readonly schema: JsonSchema;
  /** The words it may be, where there are some, for completion. */
  readonly choices?: readonly string[] | undefined;
  /** The keys inside, where it is a section or a list of sections. */
  readonly keys?: Table | undefined;
  /**
   * The value that is used, or undefined after at least one problem was reported. A section whose key has a problem
   * leaves out that key, so look at what came out of a configuration with problems as at a Partial.
   */
  readonly read: (value: unknown, at: Place) => T | undefined;
}

/** What a changed key needs: the process started again, or only a supervisor that knows. */
export type Change = "restart" | "live";

export interface Row<T> {
  readonly kind: Kind<unknown>;
  /** The value where the key is left out. */
  readonly fallback: () => T;
  /** The default as the documentation shows it; undefined for none. */
  readonly default: string | undefined;
  /** One or two sentences. */
  readonly doc: string;
  /** A value that may be written. */
  readonly example: unknown;
  /** Undefined: as the section it is in. */
  readonly change: Change | undefined;
}

export type Table = Readonly<Record<string, Row<unknown>>>;

interface Leaf<T> extends Omit<Kind<T>, "read"> {
  /** Throws a ValueError. Texts come with their variables filled in. */
  readonly parse: (value: unknown, at: Place) => T;
  /** A filled-in text stands for what? `"${PORT}"` is meant to be a number. */
  readonly fromText?: (text: string) => unknown;
}

/** A kind of single values. */
export function leaf<T>({ parse, fromText, ...kind }: Leaf<T>): Kind<T> {
  return {
    ...kind,
    schema: fromText === undefined ? kind.schema : { anyOf: [kind.schema, VARIABLE] },
    read(value, at) {
      const { text, filled } = typeof value === "string" ? (at.fill(value) ?? {}) : { text: value, filled: false };
      if (text === undefined) return undefined;
      const read = attempt(kind.meant, value, filled === true, at, () =>
        parse(filled === true && fromText !== undefined ? fromText(String(text)) : text, at),
      );
      if (filled === true) at.remember(read, String(value));
      return read;
    },
  };
}

/** Runs a check that throws a ValueError, and reports it without the value of any variable in it. */
export function attempt<T>(meant: string, written: unknown, filled: boolean, at: Place, check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const message = filled ? `${given(written)} is not ${meant}, with its variables filled in` : error.message;
    return at.error(message, { value: written, nearest: filled ? undefined : suggestion(error.message) });
  }
}

/** A kind whose value is looked at once more. */
export function refine<T, U>(kind: Kind<T>, then: (value: T, at: Place) => U | undefined): Kind<U> {
  return {
    ...kind,
    read(value, at) {
      const before = at.problems.length;
      const read = kind.read(value, at);
      return read === undefined || at.problems.length > before ? undefined : then(read, at);
    },
  };
}

/** A text with a variable in it stands for a value that isn't known to an editor. */
export const VARIABLE: JsonSchema = { type: "string", pattern: "\\$\\{" };

function suggestion(message: string): string | undefined {
  return /: did you mean "?([^"?]+)"?\?$/.exec(message)?.[1];
}

/** Checks what a request says: each message names the key, what was given, and what is meant. */
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import { ApiError } from "./apiError.ts";

/** Reads one value. `meant` completes "…: give". */
export interface Field<T> {
  readonly meant: string;
  /** Undefined for what is something else. */
  read(value: unknown): { readonly value: T } | undefined;
}

export const BOOLEAN: Field<boolean> = {
  meant: "true or false",
  read: (value) => (typeof value === "boolean" ? { value } : undefined),
};

/** How long to wait. */
export const WAIT: Field<number | null> = {
  meant: "milliseconds, or null to wait for ever",
  read: (value) => (value === null || (typeof value === "number" && Number.isFinite(value) && value >= 0) ? { value } : undefined),
};

export const TEXT: Field<string> = {
  meant: "a text",
  read: (value) => (typeof value === "string" ? { value } : undefined),
};

export const LIST: Field<readonly unknown[]> = {
  meant: "a list",
  read: (value) => (Array.isArray(value) ? { value } : undefined),
};

export const OBJECT: Field<object> = {
  meant: "an object",
  read: (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? { value } : undefined),
};

export function count(most: number): Field<number> {
  return {
    meant: `a whole number from 0 to ${most}`,
    read: (value) => (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most ? { value: Number(value) } : undefined),
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): Field<T> {
  return {
    meant: values.map((value) => JSON.stringify(value)).join(" or "),
    read: (value) => (values.includes(value as T) ? { value: value as T } : undefined),
  };
}

type Values<F extends Readonly<Record<string, Field<unknown>>>> = { [K in keyof F]?: F[K] extends Field<infer T> ? T : never };

/**
 * The values that were given. A key that isn't a field is a mistake: most likely it is a misspelt one.
 *
 * @param what "the body", for messages
 * @throws ApiError ERR_BAD_REQUEST
 */
export function readFields<F extends Readonly<Record<string, Field<unknown>>>>(body: unknown, what: string, fields: F): Values<F> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw bad(`${what} is ${given(body)}, not an object`);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) throw unknownKey(key, what, Object.keys(fields));
    const read = field.read(value);
    if (read === undefined) throw bad(`${key} is ${given(value)}`, `give ${field.meant}`);
    values[key] = read.value;
  }
  return values as Values<F>;
}

/** @throws ApiError ERR_BAD_REQUEST where it was not given */
export function required<T>(value: T | undefined, key: string, field: Field<T>): T {
  if (value === undefined) throw bad(`${key} is missing`, `give ${field.meant}`);
  return value;
}

/** The text of a query as fields: "1" and "0" for truth values. */
export function readQuery(query: URLSearchParams, known: Readonly<Record<string, Field<unknown>>>): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [key, value] of query) {
    const field = Object.hasOwn(known, key) ? known[key] : undefined;
    if (field === undefined) throw unknownKey(key, "the query", Object.keys(known));
    if (Object.hasOwn(values, key)) throw bad(`the query has ${key} twice`, `give one ${key}`);
    if (field.read(value) === undefined) throw bad(`${key} is ${given(value)}`, `give ${field.meant}`);
    values[key] = value;
  }
  return values;
}

export const FLAG: Field<string> = oneOf("0", "1");

/** The number of an event, as a query or a header has it. */
export const SEQUENCE: Field<string> = {
  meant: "the number of an event",
  read: (value) => (typeof value === "string" && /^\d{1,15}$/.test(value) ? { value } : undefined),
};

export function bad(message: string, hint?: string): ApiError {
  return new ApiError("ERR_BAD_REQUEST", message, hint);
}

function unknownKey(key: string, what: string, known: readonly string[]): ApiError {
  const near = nearest(key.slice(0, 100), known);
  const there = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
  return bad(`${what} has an unknown key ${given(key)}`, near === undefined ? there : `did you mean ${near}?`);
}

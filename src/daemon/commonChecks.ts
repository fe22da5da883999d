/** Checks that fit many options. Each returns the normalised value or throws a ValueError that says what was given and what is meant. */
import { nearest } from "../values/nearest.ts";
import { given, ValueError } from "../values/valueError.ts";

export type Check<T> = (value: unknown) => T;

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? undefined : check(value));
}

/** The fallback is checked once: it depends on nothing that changes. */
export function withDefault<T>(fallback: unknown, check: Check<T>): Check<T> {
  let checked: { readonly fallback: T } | undefined;
  return (value) => {
    if (value !== undefined) return check(value);
    checked ??= { fallback: check(fallback) };
    return checked.fallback;
  };
}

export function boolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new ValueError(`${given(value)} is not true or false`);
}

export function integer(least: number, most: number): Check<number> {
  return (value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new ValueError(`${given(value)} is not a whole number from ${least} to ${most}`);
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const near = typeof value === "string" ? nearest(value, choices) : undefined;
    const meant = near === undefined ? "" : `: did you mean ${given(near)}?`;
    throw new ValueError(`${given(value)} is not ${choices.map(given).join(" or ")}${meant}`);
  };
}

/** A value that is true or false, or a word. */
export function booleanOr<const T extends string>(word: T): Check<boolean | T> {
  return (value) => {
    if (typeof value === "boolean" || value === word) return value as boolean | T;
    throw new ValueError(`${given(value)} is not true, false or ${given(word)}`);
  };
}

/** Text that can be a C string. */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new ValueError(`${given(value)} is not text`);
  if (value === "") throw new ValueError("it is empty");
  if (value.includes("\0")) throw new ValueError(`${given(value)} has a NUL byte in it`);
  if (!value.isWellFormed()) throw new ValueError(`${given(value)} is not valid Unicode; give it as bytes`);
  return value;
}

/** A path, made absolute with the caller's current directory. Only joined: "a/../b" stays, since a may be a link. */
export function path(value: unknown): string {
  return absolute(typeof value === "string" ? text(value) : notA(value, "path"));
}

export function absolute(value: string): string {
  if (value.startsWith("/")) return value;
  const rest = value.replace(/^(?:\.\/+)+/, "").replace(/^\.?$/, "");
  return rest === "" ? currentDirectory() : `${currentDirectory().replace(/\/$/, "")}/${rest}`;
}

export function listOf<T>(check: Check<T>, meant: string): Check<readonly T[]> {
  return (value) => (Array.isArray(value) ? value.map((item) => check(item)) : notA(value, `list of ${meant}`));
}

export function hasNul(content: string | Uint8Array): boolean {
  return typeof content === "string" ? content.includes("\0") : content.includes(0);
}

export function notA(value: unknown, meant: string): never {
  throw new ValueError(`${given(value)} is not ${/^[aeiou]/i.test(meant) ? "an" : "a"} ${meant}`);
}

/** A class's instance or a Map is none: its content would be overlooked. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function entries(value: unknown, meant: string): [string, unknown][] {
  return isPlainObject(value) ? Object.entries(value) : notA(value, meant);
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new ValueError("the path is relative, and the current directory no longer exists", { cause: error });
  }
}

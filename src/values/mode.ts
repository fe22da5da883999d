import { given, ValueError } from "./valueError.ts";

const MOST = 0o777;

/**
 * A file creation mask or mode. A text is octal, with or without "0" or "0o" before it, as umask(1) reads it;
 * a number is the mask itself, so write it as 0o022.
 *
 * @throws ValueError for a digit above 7, or a value above 0o777
 * @example
 * parseMode("022"); // 0o022
 */
export function parseMode(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST) return value;
  if (typeof value === "string" && /^(?:0o)?[0-7]{1,4}$/i.test(value)) {
    const mode = Number.parseInt(value.replace(/^0o/i, ""), 8);
    if (mode <= MOST) return mode;
  }
  throw new ValueError(`${given(value)} is not an octal mode from 0 to 0777, such as "022" or 0o022`);
}

/**
 * A mode as umask(1) prints it.
 *
 * @example
 * formatMode(0o22); // "0022"
 */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

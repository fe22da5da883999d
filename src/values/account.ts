import { given, ValueError } from "./valueError.ts";

/**
 * A user's or group's name, or its number. Digits are a number, as for chown(1) where no such name exists.
 *
 * @throws ValueError for anything else
 * @example
 * parseAccount("33"); // 33
 */
export function parseAccount(value: unknown): string | number {
  if (typeof value === "string" && /^[^\s:/\p{Cc}-][^\s:/\p{Cc}]*$/u.test(value) && !/^\d+$/.test(value)) return value;
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  // 2^32-1 means "unchanged" to setresuid(2).
  if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 0xffffffff) return number;
  throw new ValueError(`${given(value)} is not a name, nor a number from 0 to 4294967294`);
}

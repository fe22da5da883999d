import { given, ValueError } from "./valueError.ts";

/** Powers of 1024 for KiB, MiB … and the bare letters (as ulimit and systemd read them); of 1000 for kB, MB …. */
const LETTERS = "kmgtp";

const MEANT = 'not a size such as "10MiB", "1GB" or 4096 (bytes)';

/**
 * Bytes of a size. A number is bytes already.
 *
 * @throws ValueError for anything else, and for more than 2^53-1 bytes
 * @example
 * parseSize("10MiB"); // 10_485_760
 * parseSize("1GB");   // 1_000_000_000
 */
export function parseSize(value: unknown): number {
  const bytes = typeof value === "string" ? parse(value) : value;
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) throw new ValueError(`${given(value)} is ${MEANT}`);
  return bytes;
}

function parse(text: string): number {
  const match = /^(\d+\.?\d*|\.\d+)\s*([kmgtp]?)(i?)(b?)$/.exec(text.trim().toLowerCase());
  if (match === null) return Number.NaN;
  const [, amount, letter = "", binary, byte] = match;
  if (letter === "") return binary === "" ? Number(amount) : Number.NaN;
  const base = binary === "" && byte === "b" ? 1000 : 1024;
  return Math.round(Number(amount) * base ** (LETTERS.indexOf(letter) + 1));
}

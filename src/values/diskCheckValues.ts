/** What the keys of a disk check may hold. Each throws a ValueError for what is something else. */

import { CHECK_ACTIONS, type CheckAction, type NamedAction, SERVICE_ACTIONS } from "./checkActions.ts";
import { nearest } from "./nearest.ts";
import { parseSize } from "./size.ts";
import { given, ValueError } from "./valueError.ts";

export interface Bound {
  readonly when: "above" | "below";
  readonly amount: number;
  /** Of the whole, in percent. */
  readonly share: boolean;
}

export function readOften(value: unknown): { readonly times: number; readonly of: number } {
  const [, times, of] = (typeof value === "string" && /^\s*(\d{1,4})\s+of\s+(\d{1,4})\s*$/.exec(value)) || [];
  const often = { times: Number(times), of: Number(of) };
  return often.times >= 1 && often.times <= often.of ? often : wrong(value, 'a text such as "3 of 5"');
}

export function readActions(value: unknown): readonly CheckAction[] {
  return (Array.isArray(value) ? value : [value]).map((action: unknown) => {
    if (typeof action === "object" && action !== null) return { exec: readCommand(only(action, "exec")) };
    const found = CHECK_ACTIONS.find((name: NamedAction) => name === action);
    if (found === undefined) return unknownWord(action);
    if (SERVICE_ACTIONS.has(found)) throw new ValueError(`"${found}" is done to services, and a disk is none: use { exec: command }`);
    return found;
  });
}

function readCommand(value: unknown): readonly string[] {
  const words = typeof value === "string" ? value.trim().split(/\s+/) : value;
  if (!Array.isArray(words) || words.length === 0 || !words.every((word) => typeof word === "string" || typeof word === "number")) {
    return wrong(value, 'a command such as ["/usr/local/bin/page-me", "disk"]');
  }
  const command = words.map(String);
  if (/^\.{1,2}\//.test(command[0] ?? "")) throw new ValueError(`${given(command[0])} must be an absolute path, or a name that PATH has`);
  return command;
}

export function bound(value: unknown, read: (value: unknown) => Omit<Bound, "when">): Bound {
  if (typeof value !== "object" || value === null) return wrong(value, 'an object such as { below: "10%" }');
  const [key, ...others] = Object.keys(value);
  if (others.length > 0 || (key !== "above" && key !== "below")) throw new ValueError('exactly one of "above" and "below" is needed');
  return { when: key, ...read(only(value, key)) };
}

export function only(value: object | unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return wrong(value, `an object with the key "${key}"`);
  for (const other of Object.keys(value)) if (other !== key) unknownKey(other, [key]);
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  if (found === undefined) throw new ValueError(`"${key}" is needed`);
  return found;
}

export function bytes(value: unknown): Omit<Bound, "when"> {
  return { amount: parseSize(value), share: false };
}

export function bytesOrShare(value: unknown): Omit<Bound, "when"> {
  return shareOf(value) ?? bytes(value);
}

export function countOrShare(value: unknown): Omit<Bound, "when"> {
  return shareOf(value) ?? plainCount(value);
}

function shareOf(value: unknown): Omit<Bound, "when"> | undefined {
  const [, percent] = (typeof value === "string" && /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(value)) || [];
  if (percent === undefined) return undefined;
  return Number(percent) <= 100 ? { amount: Number(percent), share: true } : wrong(value, "a percentage up to 100%");
}

export function plainCount(value: unknown): Omit<Bound, "when"> {
  const amount = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof amount === "number" && Number.isFinite(amount) && amount >= 0 ? { amount, share: false } : wrong(value, "a number");
}

const PER: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };

/** Bytes a second. */
export function rate(value: unknown): Omit<Bound, "when"> {
  if (typeof value === "number") return bytes(value);
  const [, amount, per = "s"] = (typeof value === "string" && /^\s*(.+?)\s*\/\s*(s|min|h|d)\s*$/.exec(value)) || [];
  return amount === undefined
    ? wrong(value, 'a size for a time, such as "1GiB/h"')
    : { amount: parseSize(amount) / (PER[per] ?? 1), share: false };
}

export function sha256(value: unknown): string {
  return typeof value === "string" && /^[\da-f]{64}$/i.test(value)
    ? value.toLowerCase()
    : wrong(value, "true, or a SHA-256 sum of 64 hexadecimal digits");
}

export function pattern(value: unknown): void {
  if (typeof value !== "string" || value === "") wrong(value, "a regular expression");
  try {
    new RegExp(String(value));
  } catch {
    wrong(value, "a regular expression");
  }
}

export function unknownKey(key: string, known: readonly string[]): never {
  const near = nearest(key, known);
  throw new ValueError(`there is no such key: ${near === undefined ? `there are ${known.join(", ")}` : `did you mean ${given(near)}?`}`);
}

function unknownWord(value: unknown): never {
  const near = typeof value === "string" ? nearest(value, CHECK_ACTIONS) : undefined;
  const meant = `${CHECK_ACTIONS.map(given).join(", ")} or { exec: command }`;
  throw new ValueError(`${given(value)} is not ${meant}${near === undefined ? "" : `: did you mean ${given(near)}?`}`);
}

export function wrong(value: unknown, meant: string): never {
  throw new ValueError(`${given(value)} is not ${meant}`);
}

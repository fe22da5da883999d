import { constants } from "node:os";
import { nearest } from "./nearest.ts";
import { given, ValueError } from "./valueError.ts";

const REALTIME_LEAST = 34;
const REALTIME_MOST = 64;

/** Names in the kernel's order; the old names of SIGABRT and SIGIO are read, never written. */
const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));
const NAMES: ReadonlyMap<number, string> = new Map(
  [...NUMBERS].filter(([name]) => name !== "SIGIOT" && name !== "SIGPOLL" && name !== "SIGUNUSED").map(([name, number]) => [number, name]),
);

/**
 * The number of a signal, from its name with or without "SIG", in any case, or its number.
 * Realtime signals are "RTMIN", "RTMIN+1" … "RTMAX", see signal(7).
 *
 * @throws ValueError for what is no signal; 0 is none
 * @example
 * parseSignal("TERM"); // 15
 */
export function parseSignal(value: unknown): number {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number") {
    if (NAMES.has(number) || (Number.isInteger(number) && number >= REALTIME_LEAST && number <= REALTIME_MOST)) return number;
    throw new ValueError(`${given(value)} is not the number of a signal (1 to 31, or ${REALTIME_LEAST} to ${REALTIME_MOST})`);
  }
  if (typeof value !== "string") throw new ValueError(`${given(value)} is not a signal such as "SIGTERM", "TERM" or 15`);
  const name = full(value);
  const found = NUMBERS.get(name) ?? realtime(name);
  if (found !== undefined) return found;
  const near = nearest(
    name.slice(3),
    [...NAMES.values()].map((known) => known.slice(3)),
  );
  throw new ValueError(
    `${given(value)} is not a signal${near === undefined ? ' such as "SIGTERM", "TERM" or 15' : `: did you mean SIG${near}?`}`,
  );
}

/**
 * The name of a signal's number.
 *
 * @example
 * signalName(15); // "SIGTERM"
 */
export function signalName(number: number): string {
  const name = NAMES.get(number);
  if (name !== undefined) return name;
  return number === REALTIME_LEAST ? "SIGRTMIN" : `SIGRTMIN+${number - REALTIME_LEAST}`;
}

function full(name: string): string {
  const upper = name.trim().toUpperCase();
  return upper.startsWith("SIG") ? upper : `SIG${upper}`;
}

function realtime(name: string): number | undefined {
  const match = /^SIGRT(MIN|MAX)([+-]\d+)?$/.exec(name);
  if (match === null) return undefined;
  const number = (match[1] === "MIN" ? REALTIME_LEAST : REALTIME_MOST) + Number(match[2] ?? 0);
  return number >= REALTIME_LEAST && number <= REALTIME_MOST ? number : undefined;
}

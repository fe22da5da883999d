import { nearest } from "./nearest.ts";
import { given, ValueError } from "./valueError.ts";

const REALTIME_LEAST = 34;
const REALTIME_MOST = 64;

/** As x64 and arm64 have them, see signal(7). Loading node:os for them takes longer than all else that a launch loads of Node. */
const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

/** The old names are read, never written. */
const NUMBERS: ReadonlyMap<string, number> = new Map<string, number>([...Object.entries(SIGNALS), ["SIGIOT", 6], ["SIGPOLL", 29]]);
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(SIGNALS).map(([name, number]) => [number, name]));

/** The number of a signal that Node has a name for. */
export function signalNumber(name: NodeJS.Signals): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new ValueError(`${given(name)} is no signal on Linux`);
  return number;
}

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

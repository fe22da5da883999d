/** Every option with its default and its check, in the order of the documentation. docs/options.md is held to this table by a test. */
import { parseAccount } from "../values/account.ts";
import { parseDuration } from "../values/duration.ts";
import { parseMode } from "../values/mode.ts";
import { given, ValueError } from "../values/valueError.ts";
import { boolean, booleanOr, type Check, integer, listOf, notA, oneOf, optional, path, withDefault } from "./commonChecks.ts";
import { ioPriority, keptDescriptors, limits, name, stream, variables } from "./optionChecks.ts";
import type { CreateDaemonOptions, DaemonizeOptions, SharedOptions } from "./optionTypes.ts";

export interface OptionRow<T> {
  /** As the documentation shows it. */
  readonly default: string;
  /** Handles undefined, which is the same as leaving the option out. */
  readonly check: Check<T>;
}

type TableOf<Options> = { readonly [K in keyof Options]-?: OptionRow<unknown> };

const NONE = "none";
const UNCHANGED = "unchanged";
const LONGEST_WAIT = 2 ** 31 - 1;

const SHARED = {
  cwd: { default: '"/"', check: withDefault("/", path) },
  umask: { default: "0", check: withDefault(0, parseMode) },
  stdin: { default: '"/dev/null"', check: withDefault("/dev/null", stream(0)) },
  stdout: { default: '"/dev/null"', check: withDefault("/dev/null", stream(1)) },
  stderr: { default: '"/dev/null"', check: withDefault("/dev/null", stream(2)) },
  truncate: { default: "false", check: withDefault(false, boolean) },
  keepFds: { default: "[]", check: withDefault([], keptDescriptors) },
  hangup: { default: '"ignore"', check: withDefault("ignore", oneOf("ignore", "default")) },
  pidFile: { default: NONE, check: optional(path) },
  name: { default: "the program's name", check: optional(name) },
  user: { default: UNCHANGED, check: optional(parseAccount) },
  group: { default: "the user's own", check: optional(parseAccount) },
  groups: { default: "those of the user", check: optional(listOf(parseAccount, "names or numbers of groups")) },
  chroot: { default: NONE, check: optional(path) },
  env: { default: "{}", check: withDefault({}, variables) },
  clearEnv: { default: "false", check: withDefault(false, boolean) },
  envFile: { default: NONE, check: optional(path) },
  limits: { default: UNCHANGED, check: withDefault({}, limits) },
  coreDump: { default: UNCHANGED, check: optional(boolean) },
  nice: { default: UNCHANGED, check: optional(integer(-20, 19)) },
  ioPriority: { default: UNCHANGED, check: optional(ioPriority) },
  oomScore: { default: UNCHANGED, check: optional(integer(-1000, 1000)) },
  noNewPrivileges: { default: "false", check: withDefault(false, boolean) },
  detach: { default: "true", check: withDefault(true, booleanOr("auto")) },
  // In milliseconds: reading "30s" takes four regular expressions, compiled at every start.
  readyTimeout: { default: '"30s"', check: withDefault(30_000, timeout) },
} as const satisfies TableOf<SharedOptions>;

export const CREATE_DAEMON_OPTIONS = {
  ...SHARED,
  ready: { default: '"return"', check: withDefault("return", oneOf("return", "manual")) },
  errors: { default: '"throw"', check: withDefault("throw", oneOf("throw", "return", "exit")) },
  exitLauncher: { default: "true", check: withDefault(true, boolean) },
  state: { default: NONE, check: optional(serialized) },
} as const satisfies TableOf<CreateDaemonOptions>;

export const DAEMONIZE_OPTIONS = {
  ...SHARED,
  ready: { default: '"started"', check: withDefault("started", readiness) },
  signal: { default: NONE, check: optional(abortSignal) },
} as const satisfies TableOf<DaemonizeOptions>;

export type CheckedBy<Table extends Record<string, OptionRow<unknown>>> = {
  readonly [K in keyof Table]: ReturnType<Table[K]["check"]>;
};

/** What daemonize waits for. */
export type Readiness = { readonly on: "started" | "notify" } | { readonly on: "fd"; readonly fd: number };

/** s6 and its relatives use the first free descriptor as well. */
const USUAL_READY_FD = 3;

function readiness(value: unknown): Readiness {
  if (typeof value === "object" && value !== null && "fd" in value && Object.keys(value).length === 1) {
    const { fd } = value;
    if (typeof fd === "number" && Number.isInteger(fd) && fd >= 3 && fd < 1024) return { on: "fd", fd };
    throw new ValueError(`${given(fd)} is not a descriptor from 3 to 1023`);
  }
  if (typeof value !== "string") return notA(value, 'readiness: "started", "notify", "fd" or { fd: 3 }');
  const on = oneOf("started", "notify", "fd")(value);
  return on === "fd" ? { on, fd: USUAL_READY_FD } : { on };
}

/** Whole milliseconds for poll(2); -1 waits for ever. */
function timeout(value: unknown): number {
  const ms = Math.ceil(parseDuration(value));
  return ms === 0 || ms === Number.POSITIVE_INFINITY ? -1 : Math.min(ms, LONGEST_WAIT);
}

/** The bytes that the daemon makes the value from again. */
function serialized(value: unknown): Uint8Array {
  try {
    return process.getBuiltinModule("node:v8").serialize(value);
  } catch (error) {
    // V8 quotes the source of a function, with its line ends.
    const why = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : given(error);
    throw new ValueError(`it can't be handed over: ${why}`, { cause: error });
  }
}

function abortSignal(value: unknown): AbortSignal {
  return value instanceof AbortSignal ? value : notA(value, "AbortSignal");
}

/** From the flags of `daemonitor daemonize` to the options of `daemonize()`, which checks them. */
import type { DaemonizeOptions } from "../daemon/options.ts";
import { OptionError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { type LimitValue, parseLimit, UNLIMITED } from "../values/limits.ts";
import type { Argument, Arguments } from "./command.ts";
import type { DaemonizeFlag } from "./daemonizeFlags.ts";
import { exclude, flagValue, secondsUnlessSaid } from "./flagValues.ts";

type Args = Arguments<DaemonizeFlag>;

/** @throws OptionError for flags that contradict each other or can't be what the library takes */
export function daemonizeOptions(args: Args): DaemonizeOptions {
  exclude(args, "append", "truncate");
  exclude(args, "core", "no-core");
  exclude(args, "foreground", "print-pid");
  return {
    cwd: args.text("cwd"),
    umask: args.text("umask"),
    stdin: stream(args.text("stdin")),
    stdout: stream(args.text("stdout")),
    stderr: stream(args.text("stderr")),
    truncate: args.has("truncate"),
    keepFds: args.list("keep-fd").map((text) => wholeNumber("keep-fd", text)),
    hangup: args.text("hangup") as DaemonizeOptions["hangup"],
    pidFile: args.text("pid-file"),
    name: args.text("name"),
    user: args.text("user"),
    group: args.text("group"),
    groups: args
      .text("groups")
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    chroot: args.text("chroot"),
    env: environment(args.bytes("env")),
    clearEnv: args.has("clear-env"),
    envFile: args.text("env-file"),
    limits: limits(args.list("limit")),
    coreDump: args.has("core") || (args.has("no-core") ? false : undefined),
    nice: maybe(args.text("nice"), (text) => wholeNumber("nice", text)),
    ioPriority: args.text("io-priority"),
    oomScore: maybe(args.text("oom-score"), (text) => wholeNumber("oom-score", text)),
    noNewPrivileges: args.has("no-new-privileges"),
    detach: !args.has("foreground"),
    ready: readiness(args.text("ready")),
    readyTimeout: maybe(args.text("timeout"), secondsUnlessSaid),
  };
}

function maybe<T>(text: string | undefined, convert: (text: string) => T): T | undefined {
  return text === undefined ? undefined : convert(text);
}

function wholeNumber(flag: DaemonizeFlag, text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new OptionError(`--${flag}`, `--${flag}: ${JSON.stringify(text)} is not a whole number`);
}

/** "fd=5" is the caller's descriptor 5; a file of that name is "./fd=5". */
function stream(text: string | undefined): string | number | undefined {
  const fd = /^fd=(\d+)$/.exec(text ?? "")?.[1];
  return fd === undefined ? text : Number(fd);
}

function readiness(text: string | undefined): DaemonizeOptions["ready"] {
  const fd = /^fd=(\d+)$/.exec(text ?? "")?.[1];
  return fd === undefined ? (text as DaemonizeOptions["ready"]) : { fd: Number(fd) };
}

function limits(texts: readonly string[]): DaemonizeOptions["limits"] {
  const written = (value: number): LimitValue => (value === UNLIMITED ? "unlimited" : value);
  const parsed = texts.map((text) => flagValue("limit", () => parseLimit(text)));
  return Object.fromEntries(parsed.map(({ resource, limit: [soft, hard] }) => [resource, [written(soft), written(hard)] as const]));
}

const EQUALS = 0x3d;

function environment(variables: readonly Argument[]): Record<string, string | Uint8Array> {
  const set: [string, string | Uint8Array][] = [];
  for (const variable of variables) {
    const bytes = Buffer.from(variable);
    const end = bytes.indexOf(EQUALS);
    const name = bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
    const value = end === -1 ? callersValue(name) : bytes.subarray(end + 1);
    if (value !== undefined) set.push([name, value]);
  }
  return Object.fromEntries(set);
}

/** As bytes, since process.env spoils what is not UTF-8. A variable that the caller doesn't have isn't set. */
function callersValue(name: string): Uint8Array | undefined {
  const prefix = Buffer.from(`${name}=`);
  const entry = native()
    .environment()
    .find((bytes) => prefix.equals(bytes.subarray(0, prefix.length)));
  return entry?.subarray(prefix.length);
}

/** The flags of `daemonitor start`, and the keys of a configuration that they stand for. */
import { OptionError } from "../launch/errors.ts";
import type { ReadyConfig, ReloadConfig } from "../service/configTypes.ts";
import type { StartFlags } from "../service/fromCommandLine.ts";
import { type Arguments, type Flag, JSON_FLAG } from "./command.ts";
import { secondsUnlessSaid } from "./flagValues.ts";
import { WAIT_FLAGS } from "./waiting.ts";

/** `option` is the key of a service that the flag sets. */
export const SPECIFICATION_FLAGS = {
  name: { short: "n", value: "NAME", default: "the script's or program's", describe: "name of the service" },
  instances: { short: "i", value: "N", option: "instances", default: "1", describe: "processes to run; max is one for each processor" },
  cwd: { short: "c", value: "DIR", option: "cwd", default: "the current one", describe: "working directory" },
  env: { short: "E", value: "NAME=VALUE", repeat: true, option: "env", describe: "set a variable" },
  "env-file": { value: "FILE", repeat: true, option: "envFile", describe: "file of NAME=VALUE lines; --env wins over it" },
  "clear-env": { option: "inheritEnv", describe: "don't hand over the variables of this shell" },
  interpreter: { value: "COMMAND", option: "interpreter", default: "by the script's extension", describe: "what runs the script" },
  user: { short: "u", value: "USER", option: "user", describe: "name or number of the user to become" },
  group: { short: "g", value: "GROUP", option: "group", default: "the user's own", describe: "name or number of the group to become" },
  umask: { value: "MODE", option: "umask", default: "0022", describe: "file creation mask, octal" },
  limit: { value: "NAME=VALUE", repeat: true, option: "limits", describe: "resource limit, such as nofile=4096" },
  ready: {
    value: "WHEN",
    option: "ready",
    default: "started",
    describe: "started, notify, port=8080, http=URL, line=PATTERN or exec=COMMAND: when it counts as running",
  },
  "ready-timeout": { value: "TIME", option: "ready", default: "30s", describe: "how long that may take; a bare number is seconds" },
  restart: { value: "WHEN", option: "restart", default: "always", describe: "always, on-failure or never: after which exits" },
  schedule: { value: "CRON", option: "schedule", describe: 'start at these times, as in crontab(5): "*/5 * * * *", @daily' },
  socket: {
    value: "NAME=ADDRESS",
    repeat: true,
    option: "sockets",
    describe: "listening socket that stays open across restarts: http=tcp://127.0.0.1:8080",
  },
  reload: { value: "HOW", option: "reload", default: "restart", describe: "rolling, or the signal that makes it read its files again" },
  "stop-signal": { value: "SIGNAL", option: "stop", default: "TERM", describe: "what asks it to end" },
  "stop-timeout": { value: "TIME", option: "stop", default: "10s", describe: "how long until SIGKILL; a bare number is seconds" },
} as const satisfies Record<string, Flag>;

export const START_FLAGS = {
  ...SPECIFICATION_FLAGS,
  ...WAIT_FLAGS,
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export type StartFlag = keyof typeof START_FLAGS;

/** The flags as keys of a configuration; those that were not given are undefined. @throws OptionError */
export function startFlags(args: Arguments<StartFlag>): StartFlags {
  const time = (flag: "ready-timeout" | "stop-timeout") => {
    const text = args.text(flag);
    return text === undefined ? undefined : secondsUnlessSaid(text);
  };
  const stop = given({ signal: args.text("stop-signal"), timeout: time("stop-timeout") });
  return {
    name: args.text("name"),
    instances: instances(args.text("instances")),
    cwd: args.text("cwd"),
    env: pairs(args, "env"),
    envFile: args.has("env-file") ? args.list("env-file") : undefined,
    inheritEnv: args.has("clear-env") ? false : undefined,
    interpreter: args.text("interpreter"),
    user: args.text("user"),
    group: args.text("group"),
    umask: args.text("umask"),
    limits: limits(pairs(args, "limit")),
    ready: readyConfig(args.text("ready"), time("ready-timeout")),
    restart: args.text("restart") as StartFlags["restart"],
    schedule: args.text("schedule"),
    sockets: pairs(args, "socket"),
    reload: reloadConfig(args.text("reload")),
    stop,
  };
}

/** As pm2 has it, 0 is one for each processor too. */
function instances(text: string | undefined): number | string | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return text;
  return Number(text) === 0 ? "max" : Number(text);
}

/** "1024:4096" is soft and hard. */
function limits(given: Readonly<Record<string, string>> | undefined): StartFlags["limits"] {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const [soft = "", hard, ...more] = value.split(":");
      return [name, hard === undefined || more.length > 0 ? value : [soft, hard]];
    }),
  );
}

/** "port=8080" → { port: "8080" }; a kind that isn't one is left to the checks of configurations, which know them all. */
function readyConfig(text: string | undefined, timeout: string | undefined): ReadyConfig | undefined {
  if (text === undefined) return given({ timeout });
  const [, kind = text, value] = /^(port|http|line|exec)=(.*)$/s.exec(text) ?? [];
  const keys: Readonly<Record<string, keyof ReadyConfig>> = { port: "port", http: "url", line: "pattern", exec: "command" };
  const key = Object.hasOwn(keys, kind) ? keys[kind] : undefined;
  if (key !== undefined && value === undefined) throw new OptionError("--ready", `--ready: ${kind} needs a value: --ready ${kind}=…`);
  return given({ on: kind, ...(key === undefined ? {} : { [key]: value }), timeout }) as ReadyConfig;
}

function reloadConfig(text: string | undefined): ReloadConfig | undefined {
  if (text === undefined) return undefined;
  return text === "rolling" ? { rolling: true } : { signal: text };
}

/** "NAME=VALUE" of a flag that may be given several times; undefined where it wasn't. */
function pairs(args: Arguments<StartFlag>, flag: "env" | "limit" | "socket"): Readonly<Record<string, string>> | undefined {
  const list = args.list(flag).map((text): [string, string] => {
    const equals = text.indexOf("=");
    if (equals < 1) throw new OptionError(`--${flag}`, `--${flag}: write ${SPECIFICATION_FLAGS[flag].value}`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return list.length === 0 ? undefined : Object.fromEntries(list);
}

/** Without what is undefined; undefined where nothing is left. */
function given<T extends object>(keys: T): T | undefined {
  const entries = Object.entries(keys).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

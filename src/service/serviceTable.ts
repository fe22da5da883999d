/**
 * Every key of a service, in the order of the documentation: its kind, default, sentence, example, and what a change needs.
 * Checks, defaults, docs/specification.md and schema/daemonitor.schema.json come from here; configTypes.ts is held to it by a test.
 */
import { parseLimitValue, parseResource, resources as resourceNames } from "../values/limits.ts";
import { given } from "../values/valueError.ts";
import { command, environment, variableName, words } from "./commandKinds.ts";
import type { ServiceConfig } from "./configTypes.ts";
import { attempt, type Kind, type Row } from "./kind.ts";
import type { Place } from "./place.ts";
import { account, boolean, duration, integer, ioPriority, mode, oneOf, path, socket, text } from "./scalars.ts";
import { check, health, hooks, logs, ready, reload, resources, restart, schedule, stop } from "./sections.ts";
import { isPlainObject, listOf, mapOf } from "./structures.ts";
import { key, optionalKey, type ReadBy } from "./table.ts";

type TableOf<Keys> = { readonly [K in keyof Keys]-?: Row<unknown> };

export const DEPENDENCY_STATES = ["ready", "started", "completed"] as const;
export type DependencyState = (typeof DEPENDENCY_STATES)[number];

const MOST_INSTANCES = 10_000;

export const SERVICE_KEYS = {
  command: optionalKey(command, {
    doc: "The program and its arguments: a list, or a text that is split as a shell does, without a shell.",
    example: ["node", "server.js"],
    change: "restart",
  }),
  script: optionalKey(text, {
    doc: "A file to run, in place of `command`: by node (.js, .mjs, .cjs, .ts, .mts, .cts), python3 (.py) or sh (.sh), any other by itself.",
    example: "server.js",
    change: "restart",
  }),
  interpreter: optionalKey(command, {
    shown: "by the script's extension",
    doc: "Runs `script`, with arguments of its own.",
    example: ["node", "--enable-source-maps"],
    change: "restart",
  }),
  args: optionalKey(words, { doc: "Arguments after those of `command` or `script`.", example: ["--port", "8080"], change: "restart" }),
  cwd: optionalKey(path, {
    shown: "the directory of the configuration file",
    doc: "Working directory. A relative one starts at the configuration file's.",
    example: "/srv/web",
    change: "restart",
  }),
  env: key(environment, {
    doc: "Environment variables. null removes one that `envFile` or `inheritEnv` sets. Values are secrets: they are never shown unless asked for.",
    default: {},
    example: { PORT: 8080, NODE_ENV: "production" },
    change: "restart",
  }),
  envFile: optionalKey(listOf(path, { alone: true }), {
    doc: "File, or files, of NAME=VALUE lines, read when the configuration is applied. `env` wins over them, later files over earlier ones.",
    example: ".env",
    change: "restart",
  }),
  inheritEnv: key(inherited(), {
    doc: "Which variables of whoever applies the configuration the service gets: names (`LC_*` for all that begin so), or true for all but those of a login session.",
    default: false,
    example: ["LANG", "LC_*"],
    change: "restart",
  }),
  instances: key(instanceCount(), {
    doc: "Processes to run: a number, or one for each processor.",
    default: 1,
    example: "max",
    change: "live",
  }),
  type: key(oneOf("simple", "forking", "oneshot"), {
    doc: "What the process that is started is: the service itself (simple), one that daemonizes and leaves the service behind (forking: nginx, redis with `daemonize yes`), or work that ends, and is ready when it succeeded (oneshot).",
    default: "simple",
    example: "forking",
    change: "restart",
  }),
  pidFile: optionalKey(path, {
    doc: "File in which a forking service leaves its pid; without one, the process that it leaves behind is followed.",
    example: "/run/nginx.pid",
    change: "restart",
  }),
  ready: key(ready, {
    doc: "When an instance counts as running.",
    default: {},
    shown: "started",
    example: { on: "notify", timeout: "1min" },
    change: "live",
  }),
  restart: key(restart, {
    doc: "What happens when an instance ends.",
    default: {},
    shown: "always",
    example: { limit: 5, window: "10min" },
    change: "live",
  }),
  stop: key(stop, {
    doc: "How an instance is ended.",
    default: {},
    shown: "SIGTERM, SIGKILL after 10 s",
    example: { signal: "SIGINT", timeout: "30s" },
    change: "live",
  }),
  reload: optionalKey(reload, {
    shown: "`reload` restarts",
    doc: "What `daemonitor reload` does: send a signal, or replace instances one by one.",
    example: { rolling: true },
    change: "live",
  }),
  watchdog: optionalKey(duration(), {
    doc: "An instance that doesn't send WATCHDOG=1 by sd_notify at least this often is started again.",
    example: "30s",
    change: "restart",
  }),
  sockets: key(mapOf(socket, '{ http: "tcp://127.0.0.1:8080" }', socketName), {
    doc: "Listening sockets that are opened before the first start and stay open across restarts; they are handed over as LISTEN_FDS, with these names.",
    default: {},
    example: { http: "tcp://127.0.0.1:8080", admin: "unix:///run/web.sock" },
    change: "restart",
  }),
  schedule: optionalKey(schedule, {
    doc: "Start at these times, in place of at once.",
    example: { cron: "30 3 * * *", timeZone: "Europe/Berlin" },
    change: "live",
  }),
  dependsOn: key(dependencies(), {
    doc: "Services that have to be ready, started or completed first. A list means ready.",
    default: {},
    example: { db: "ready", migrate: "completed" },
    change: "live",
  }),
  hooks: key(hooks, {
    doc: "Programs to run around each run of an instance.",
    default: {},
    example: { beforeStart: ["./migrate.sh"] },
    change: "live",
  }),
  user: optionalKey(account, { shown: "the supervisor's", doc: "User to run as.", example: "www-data", change: "restart" }),
  group: optionalKey(account, { shown: "the user's own", doc: "Group to run as.", example: "www-data", change: "restart" }),
  groups: optionalKey(listOf(account), {
    shown: "those of the user",
    doc: "Supplementary groups.",
    example: ["ssl-cert"],
    change: "restart",
  }),
  umask: key(mode, { doc: "File creation mask, octal as text.", default: "0022", shown: '"0022"', example: "0077", change: "restart" }),
  limits: key(limits(), {
    doc: "Resource limits by name, see setrlimit(2): one value, or [soft, hard].",
    default: {},
    example: { nofile: 65536, core: "unlimited" },
    change: "restart",
  }),
  nice: optionalKey(integer(-20, 19), { doc: "Niceness.", example: 10, change: "restart" }),
  ioPriority: optionalKey(ioPriority, {
    doc: "I/O priority, see ioprio_set(2): `idle`, `best-effort:0` to `best-effort:7`, `realtime:0` to `realtime:7`.",
    example: "best-effort:7",
    change: "restart",
  }),
  oomScore: optionalKey(integer(-1000, 1000), {
    doc: "How soon the kernel ends it when memory runs out: oom_score_adj of proc(5), the higher the sooner.",
    example: 500,
    change: "restart",
  }),
  noNewPrivileges: key(boolean, {
    doc: "No program that the service executes can gain privileges; see PR_SET_NO_NEW_PRIVS.",
    default: false,
    example: true,
    change: "restart",
  }),
  resources: key(resources, {
    doc: "What an instance may use, held to by its control group.",
    default: {},
    example: { memory: "512MiB", cpu: 2 },
    change: "restart",
  }),
  health: optionalKey(health, {
    doc: "A probe of each running instance; one that keeps failing has the instance started again.",
    example: { http: "http://127.0.0.1:8080/health", every: "10s" },
    change: "live",
  }),
  logs: key(logs, { doc: "How output is kept.", default: {}, example: { maxSize: "50MiB", maxFiles: 5 }, change: "live" }),
  checks: key(listOf(check), {
    doc: "Limits to watch, and what to do when one is passed.",
    default: [],
    example: [{ metric: "memory", above: "512MiB", for: "3 of 5", then: "restart" }],
    change: "live",
  }),
} as const satisfies TableOf<ServiceConfig>;

export type ServiceKeys = ReadBy<typeof SERVICE_KEYS>;

function instanceCount(): Kind<number> {
  const count = integer(0, MOST_INSTANCES);
  return {
    ...count,
    label: 'number or "max"',
    choices: ["max"],
    schema: { anyOf: [count.schema, { const: "max" }] },
    read: (value, at) => {
      if (value === "max") return at.surroundings.parallelism;
      if (typeof value === "string" && !value.includes("${"))
        return at.error(`${given(value)} is not ${count.meant}, nor "max"`, { value });
      return count.read(value, at);
    },
  };
}

function inherited(): Kind<boolean | readonly string[]> {
  const names = listOf(variableName);
  return {
    label: "boolean or list of names",
    meant: "true, false or a list of names",
    schema: { anyOf: [{ type: "boolean" }, names.schema] },
    read(value, at) {
      if (typeof value === "boolean") return value;
      return Array.isArray(value) ? names.read(value, at) : at.error(`${given(value)} is not true, false or a list of names`, { value });
    },
  };
}

/** A name of LISTEN_FDNAMES, see sd_listen_fds(3). */
function socketName(name: string, at: Place): void {
  if (!/^[\x21-\x39\x3b-\x7e]{1,255}$/.test(name)) at.error("the name of a socket is 1 to 255 ASCII characters without blanks and colons");
}

function dependencies(): Kind<Readonly<Record<string, DependencyState>>> {
  const state = oneOf(...DEPENDENCY_STATES);
  const byName = mapOf(state, '{ db: "ready" }');
  const names = listOf(text, { alone: true });
  return {
    label: "map of states, or list of names",
    meant: 'a list of services, or an object such as { db: "ready" }',
    choices: DEPENDENCY_STATES,
    schema: { anyOf: [byName.schema, names.schema] },
    read(value, at) {
      if (isPlainObject(value)) return byName.read(value, at);
      const read = names.read(value, at);
      return read && Object.fromEntries(read.map((name) => [name, "ready" as const]));
    },
  };
}

/** Soft and hard limits in the kernel's units; -1 is unlimited. */
function limits(): Kind<Readonly<Record<string, readonly [soft: number, hard: number]>>> {
  const one: Kind<readonly [number, number]> = {
    label: "limits",
    meant: "a limit, or [soft, hard]",
    schema: { type: ["integer", "string", "array"] },
    read(value, at) {
      const resource = at.path.at(-1);
      const fill = (end: unknown) => (typeof end === "string" ? at.fill(end)?.text : end);
      const filled: unknown = Array.isArray(value) ? value.map(fill) : fill(value);
      if (filled === undefined || (Array.isArray(filled) && filled.includes(undefined))) return undefined;
      const substituted = JSON.stringify(filled) !== JSON.stringify(value);
      const where = typeof resource === "string" ? resource : "";
      return attempt(`a limit of ${where}`, value, substituted, at, () => parseLimitValue(parseResource(where), filled));
    },
  };
  const all = mapOf(one, '{ nofile: 4096, core: "unlimited" }');
  return {
    ...all,
    schema: {
      type: "object",
      properties: Object.fromEntries(resourceNames.map((name) => [name, one.schema])),
      additionalProperties: false,
    },
  };
}

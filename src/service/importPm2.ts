/** A configuration from a pm2 ecosystem file: `{ apps: [ … ] }`. */
import { given } from "../values/valueError.ts";
import type { Config, ServiceConfig } from "./configTypes.ts";
import { nameFor } from "./fromCommandLine.ts";
import { isPlainObject } from "./structures.ts";
import { literal } from "./substitute.ts";

export interface Imported {
  readonly config: Config;
  /** What has no counterpart, or another meaning: one sentence each, with the name of the app. */
  readonly notes: readonly string[];
}

type App = Readonly<Record<string, unknown>>;
/** What one key of an app becomes. */
type Translate = (value: unknown, note: (text: string) => void, app: App) => ServiceConfig;

/**
 * Translates what pm2 reads from an ecosystem file. The result is then checked as any other configuration.
 *
 * @example
 * const { config, notes } = importPm2({ apps: [{ script: "app.js", instances: 2 }] });
 */
export function importPm2(ecosystem: unknown): Imported {
  const apps = isPlainObject(ecosystem) ? (ecosystem.apps ?? [ecosystem]) : ecosystem;
  const notes: string[] = [];
  const services: [string, ServiceConfig][] = [];
  for (const app of Array.isArray(apps) ? apps : [apps]) {
    if (!isPlainObject(app)) {
      notes.push(`${given(app)} is not an app, and is left out`);
      continue;
    }
    const wanted =
      typeof app.name === "string" && app.name !== ""
        ? nameFor(`${app.name}.`)
        : nameFor(typeof app.script === "string" ? app.script : "app");
    const name = unused(
      wanted,
      services.map(([used]) => used),
    );
    if (typeof app.name === "string" && app.name !== name) notes.push(`${name}: its name was ${given(app.name)}`);
    services.push([name, translate(app, (text) => notes.push(`${name}: ${text}`))]);
  }
  return { config: { services: Object.fromEntries(services) }, notes };
}

function translate(app: App, note: (text: string) => void): ServiceConfig {
  return Object.entries(app).reduce<ServiceConfig>((service, [key, value]) => {
    if (value === undefined || value === null || key === "name") return service;
    const known = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (known !== undefined) return merge(service, known(value, note, app));
    note(
      key.startsWith("env_")
        ? `${key} is left out: make a configuration for it, or use \${VAR}`
        : `${key} has no counterpart, and is left out`,
    );
    return service;
  }, {});
}

/** Several keys of pm2 are parts of one section. */
function merge(service: ServiceConfig, more: ServiceConfig): ServiceConfig {
  const { restart, stop } = service;
  return {
    ...service,
    ...more,
    ...(isPlainObject(restart) && isPlainObject(more.restart) ? { restart: { ...restart, ...more.restart } } : {}),
    ...(isPlainObject(stop) && isPlainObject(more.stop) ? { stop: { ...stop, ...more.stop } } : {}),
  };
}

const text = (value: unknown) => (typeof value === "string" ? literal(value) : (JSON.stringify(value) ?? ""));
const number = (value: unknown) => (typeof value === "number" ? value : text(value));
/** pm2 splits at blanks, and takes lists as they are. */
const list = (value: unknown) =>
  Array.isArray(value)
    ? value.map(text)
    : text(value)
        .split(/\s+/)
        .filter((word) => word !== "");
/** Digits are milliseconds; texts have units, as ours. */
const time = (value: unknown) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : number(value));

const nothing: Translate = () => ({});
const script: Translate = (value) => ({ script: text(value) });
const leftOut =
  (what: string, instead: string): Translate =>
  (_, note) => {
    note(`${what} is left out: ${instead}`);
    return {};
  };
const logFile = leftOut("a path of log files", "they are where all are; see `logs` for the rest");
const cron = leftOut("a restart by cron", "a service with a `schedule` that runs `daemonitor restart` does it");

/** Also for "interpreter: none". */
const interpreter: Translate = (_, note, { interpreter: named, node_args, interpreter_args }) => {
  const args = list(interpreter_args ?? node_args ?? []);
  if (named === "none") note("interpreter none: a script is run by what its extension says; use `command` for a program");
  const program = typeof named === "string" && named !== "none" ? literal(named) : args.length > 0 ? "node" : undefined;
  return program === undefined ? {} : { interpreter: [program, ...args] };
};

const instances: Translate = (value, note, { exec_mode }) => {
  if (String(exec_mode).startsWith("cluster")) {
    note("cluster mode: give it `sockets`, or let it listen with `reusePort`, so that its instances share a port");
  }
  if (value === -1) note("instances was -1, one less than processors: it is one for each processor now");
  return { instances: value === "max" || value === 0 || value === -1 ? "max" : Number(value) };
};

const environment: Translate = (value) => {
  if (!isPlainObject(value)) return {};
  return { env: Object.fromEntries(Object.entries(value).map(([name, content]) => [name, text(content)])) };
};

const mostRestarts: Translate = (value, note) => {
  note("max_restarts counted exits before `min_uptime`; `restart.limit` counts restarts within `restart.window`");
  return { restart: { limit: Number(value) } };
};

const waitReady: Translate = (value, note, { listen_timeout }) => {
  if (value !== true) return {};
  note('wait_ready: in place of process.send("ready"), the program sends READY=1 by sd_notify: notify.ready() of daemonitor');
  return { ready: { on: "notify", ...(listen_timeout === undefined ? {} : { timeout: time(listen_timeout) }) } };
};

const KEYS: Readonly<Record<string, Translate>> = {
  script,
  args: (value) => ({ args: list(value) }),
  cwd: (value) => ({ cwd: text(value) }),
  interpreter,
  node_args: interpreter,
  interpreter_args: interpreter,
  instances,
  exec_mode: nothing,
  env: environment,
  env_file: (value) => ({ envFile: text(value) }),
  autorestart: (value) => ({ restart: { when: value === false ? "never" : "always" } }),
  max_restarts: mostRestarts,
  min_uptime: (value) => ({ restart: { stable: time(value) } }),
  restart_delay: (value) => ({ restart: { backoff: { initial: time(value), factor: 1, max: time(value) } } }),
  exp_backoff_restart_delay: (value) => ({ restart: { backoff: { initial: time(value) } } }),
  kill_timeout: (value) => ({ stop: { timeout: time(value) } }),
  kill_signal: (value) => ({ stop: { signal: text(value) } }),
  wait_ready: waitReady,
  listen_timeout: nothing,
  max_memory_restart: (value) => ({ checks: [{ metric: "memory", above: number(value), then: "restart" }] }),
  cron_restart: cron,
  cron,
  uid: (value) => ({ user: number(value) }),
  user: (value) => ({ user: number(value) }),
  gid: (value) => ({ group: number(value) }),
  error_file: logFile,
  out_file: logFile,
  log_file: logFile,
  output: logFile,
  error: logFile,
  merge_logs: nothing,
  time: nothing,
  log_date_format: nothing,
  vizion: nothing,
  pmx: nothing,
  source_map_support: leftOut("source_map_support", "add --enable-source-maps to `interpreter`"),
};

function unused(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

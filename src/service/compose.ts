/** Makes the specification of a service from its keys, which have no problems. */
import { extname } from "node:path";
import { threshold } from "./checkKinds.ts";
import { composeEnvironment } from "./environment.ts";
import type { Place } from "./place.ts";
import type { ServiceKeys } from "./serviceTable.ts";
import type { CheckSpec, HealthSpec, ReadySpec, ReloadSpec, ServiceSpec } from "./specTypes.ts";
import { findWritten } from "./written.ts";

const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  ".js": ["node"],
  ".mjs": ["node"],
  ".cjs": ["node"],
  ".ts": ["node"],
  ".mts": ["node"],
  ".cts": ["node"],
  ".py": ["python3"],
  ".sh": ["sh"],
};

/** The specification; undefined where an environment file or a threshold turns out to be wrong, which is reported. */
export function compose(name: string, keys: ServiceKeys, at: Place): ServiceSpec | undefined {
  const before = at.problems.length;
  const { command: _, script, interpreter, args, envFile, inheritEnv, ...same } = keys;
  const spec: Omit<ServiceSpec, "written"> = {
    ...same,
    name,
    command: [...program(keys), ...(args ?? [])],
    cwd: keys.cwd ?? at.surroundings.directory,
    env: composeEnvironment(keys, at),
    ready: composeReady(keys.ready),
    restart: { ...keys.restart, when: keys.restart.when ?? usualRestart(keys) },
    reload: composeReload(keys.reload),
    schedule: keys.schedule?.cron ? { cron: keys.schedule.cron, timeZone: keys.schedule.timeZone } : null,
    health: composeHealth(keys.health),
    checks: composeChecks(keys.checks, at.at("checks")),
  };
  if (at.problems.slice(before).some((problem) => problem.severity === "error")) return undefined;
  return { ...spec, written: findWritten(spec, at.written) };
}

/** Work that ends, ended; on a schedule, it starts again at its time. */
function usualRestart({ type, schedule }: ServiceKeys): "always" | "on-failure" | "never" {
  if (schedule !== null) return "never";
  return type === "oneshot" ? "on-failure" : "always";
}

/** A script that is a program itself is executed by its path: PATH is for commands. */
function program({ command, script, interpreter }: ServiceKeys): readonly string[] {
  if (command !== null) return command;
  if (script === null) throw new TypeError("a service without a command passed the checks");
  const runner = interpreter ?? INTERPRETERS[extname(script).toLowerCase()];
  if (runner !== undefined) return [...runner, script];
  return [script.includes("/") ? script : `./${script}`];
}

function composeReady({ on, port, url, pattern, command, timeout }: ServiceKeys["ready"]): ReadySpec {
  if (port !== null) return { on: "port", ...port, timeout };
  if (url !== null) return { on: "http", url, timeout };
  if (pattern !== null) return { on: "line", pattern, timeout };
  if (command !== null) return { on: "exec", command, timeout };
  return { on: on === "notify" ? "notify" : "started", timeout };
}

function composeReload(reload: ServiceKeys["reload"]): ReloadSpec | null {
  if (reload === null) return null;
  return reload.signal === null ? { rolling: true } : { signal: reload.signal };
}

function composeHealth(health: ServiceKeys["health"]): HealthSpec | null {
  if (health === null) return null;
  const { http, tcp, exec, ...same } = health;
  if (http !== null) return { probe: { kind: "http", url: http }, ...same };
  if (tcp !== null) return { probe: { kind: "tcp", ...tcp }, ...same };
  if (exec !== null) return { probe: { kind: "exec", command: exec }, ...same };
  return null;
}

function composeChecks(checks: ServiceKeys["checks"], at: Place): CheckSpec[] {
  return checks.flatMap(({ metric, above, below, for: often, then }, index): CheckSpec[] => {
    const when = above === null ? "below" : "above";
    const amount = above ?? below;
    if (metric === null || amount === null) return [];
    const limit = threshold(metric, amount, at.at(index).at(when));
    return limit === undefined ? [] : [{ metric, when, threshold: limit, for: often, then }];
  });
}

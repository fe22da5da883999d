/** Random services: what is specified, and how their programs really behave. */
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import type { Random } from "./random.ts";

/** How a program behaves; each of its processes draws from this. */
export interface Temper {
  /** Mean lifetime, Infinity for a service that only ends when it is told to. */
  readonly life: number;
  readonly success: number;
  /** Chance of never becoming ready. */
  readonly neverReady: number;
  readonly readyAfter: number;
  readonly ignoresTerm: number;
  readonly children: number;
  /** Children that don't end with their parent. */
  readonly orphans: number;
}

export function randomSpec(random: Random): MachineSpec {
  const type = random.pick(["simple", "simple", "simple", "forking", "oneshot"]);
  return {
    type,
    ready: {
      on: type === "oneshot" ? "started" : random.pick(["started", "notify", "port", "line", "exec"]),
      timeout: random.integer(500, 30_000),
    },
    restart: {
      when: random.pick(["always", "always", "on-failure", "never"]),
      stable: random.integer(1000, 10_000),
      backoff: { initial: random.integer(50, 500), factor: random.pick([1.5, 2, 3]), max: random.integer(5000, 60_000) },
      limit: random.chance(0.4) ? random.integer(0, 20) : null,
      window: random.pick([60_000, 300_000, Number.POSITIVE_INFINITY]),
    },
    stop: { signal: "SIGTERM", timeout: random.pick([0, 500, 5000, 10_000]) },
    reload: randomReload(random),
    watchdog: random.chance(0.2) ? random.integer(500, 5000) : null,
    health: random.chance(0.5) ? { failures: random.integer(1, 3) } : null,
    hooks: {
      beforeStart: random.chance(0.2) ? { timeout: random.integer(500, 5000) } : null,
      afterExit: random.chance(0.2) ? { timeout: random.integer(500, 5000) } : null,
    },
    scheduled: random.chance(0.1),
    dependent: random.chance(0.2),
  };
}

export function randomTemper(random: Random, { type, scheduled }: MachineSpec): Temper {
  const works = type === "oneshot" || scheduled;
  return {
    life: works ? random.pick([50, 5000]) : random.pick([20, 2000, 60_000, 600_000, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]),
    success: works ? 0.8 : 0.2,
    neverReady: random.pick([0, 0, 0.1, 0.9]),
    readyAfter: random.pick([1, 50, 2000]),
    ignoresTerm: random.pick([0, 0, 0.2, 1]),
    children: random.pick([0, 0, 0, 1, 3]),
    orphans: random.pick([0, 0.5, 1]),
  };
}

function randomReload(random: Random): MachineSpec["reload"] {
  const kind = random.pick(["none", "signal", "confirmed", "rolling", "rolling"]);
  if (kind === "none") return null;
  if (kind === "rolling") return { by: "rolling" };
  return { by: "signal", signal: "SIGHUP", confirmed: kind === "confirmed", timeout: random.integer(500, 5000) };
}

/** What the machine has to know of a service. All durations are milliseconds; Infinity switches a timeout off. */
import type { RestartPolicy } from "./restartPolicy.ts";

export interface MachineSpec {
  /**
   * - `simple`: the process that is started is the service
   * - `forking`: it puts itself into the background; the main process is told by the event `mainProcess`
   * - `oneshot`: it does its work and ends; `restart.when: "always"` is read as "on-failure"
   */
  readonly type: "simple" | "forking" | "oneshot";
  readonly ready: { readonly on: "started" | "notify" | "port" | "http" | "line" | "exec"; readonly timeout: number };
  readonly restart: RestartPolicy;
  readonly stop: { readonly signal: string; readonly timeout: number };
  readonly reload: Reload | null;
  /** The longest silence of a service that pings (WATCHDOG=1). */
  readonly watchdog: number | null;
  /** How many failed probes in a row make it unhealthy. */
  readonly health: { readonly failures: number } | null;
  readonly hooks: { readonly beforeStart: HookSpec | null; readonly afterExit: HookSpec | null };
  /** It runs when the event `due` says so, not when it is started. */
  readonly scheduled: boolean;
  /** It starts only after the event `dependenciesMet`. */
  readonly dependent: boolean;
}

/**
 * `confirmed`: the service says when it is done (RELOADING=1, READY=1), and has `timeout` for that. `rolling`: a
 * successor must become ready before the old process is stopped; hooks are not run for it.
 */
export type Reload =
  | { readonly by: "signal"; readonly signal: string; readonly confirmed: boolean; readonly timeout: number }
  | { readonly by: "rolling" };

export interface HookSpec {
  readonly timeout: number;
}

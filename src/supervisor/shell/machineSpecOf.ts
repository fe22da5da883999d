/** What the machine has to know, from a service's specification. */
import type { HooksSpec, ReloadSpec, ServiceSpec } from "../../service/specTypes.ts";
import type { HookSpec, MachineSpec, Reload } from "../machineSpec.ts";

/**
 * In a specification, which is JSON, null switches a timeout off; for the machine that is Infinity.
 *
 * @example
 * machineSpecOf(spec).stop; // { signal: "SIGTERM", timeout: 10_000 }
 */
export function machineSpecOf(spec: ServiceSpec): MachineSpec {
  const { type, ready, restart, stop, reload, watchdog, health, hooks, schedule, dependsOn } = spec;
  const readyTimeout = ready.timeout ?? Number.POSITIVE_INFINITY;
  return {
    type,
    ready: { on: ready.on, timeout: readyTimeout },
    restart,
    stop: { signal: stop.signal, timeout: stop.timeout ?? Number.POSITIVE_INFINITY },
    reload: reload === null ? null : reloadOf(reload, ready.on === "notify", readyTimeout),
    watchdog,
    health: health === null ? null : { failures: health.failures },
    hooks: { beforeStart: hookOf(hooks, "beforeStart"), afterExit: hookOf(hooks, "afterExit") },
    scheduled: schedule !== null,
    dependent: Object.keys(dependsOn).length > 0,
  };
}

/** Who tells of its readiness tells of the end of a reload as well (RELOADING=1, READY=1), and has as long for it. */
function reloadOf(reload: ReloadSpec, confirmed: boolean, timeout: number): Reload {
  return "signal" in reload ? { by: "signal", signal: reload.signal, confirmed, timeout } : { by: "rolling" };
}

function hookOf(hooks: HooksSpec, name: "beforeStart" | "afterExit"): HookSpec | null {
  return hooks[name] === null ? null : { timeout: hooks.timeout };
}

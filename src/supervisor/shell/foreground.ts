/**
 * What a tree in the foreground (`daemonitor run`) does otherwise than one in the background: it ends with its services,
 * reports readiness once for all of them, and takes signals for commands. Decisions only.
 */
import { signalNumber } from "../../values/signals.ts";
import type { InstanceStatus, ServiceStatus } from "../control.ts";
import { isSuccess } from "../exit.ts";
import { AT_REST } from "../states.ts";

/** What to do about a signal to init. */
export type Reaction =
  | { readonly do: "stop" | "kill" | "reload" }
  /** To the main process of every instance. */
  | { readonly do: "pass"; readonly signal: NodeJS.Signals };

/**
 * @param terminal whether the tree was started on a terminal: then SIGHUP says that it is gone, as signal(7) has it
 * @param stopping whether all are being stopped already
 *
 * @example
 * reactionTo("SIGTERM", { terminal: false, stopping: false }) // { do: "stop" }
 */
export function reactionTo(signal: NodeJS.Signals, { terminal, stopping }: { terminal: boolean; stopping: boolean }): Reaction {
  switch (signal) {
    case "SIGTERM":
    case "SIGPWR":
      return { do: "stop" };
    case "SIGINT":
      // Whoever presses ^C a second time doesn't want to wait.
      return { do: stopping ? "kill" : "stop" };
    case "SIGHUP":
      return { do: terminal ? "stop" : "reload" };
    default:
      return { do: "pass", signal };
  }
}

/** Whether nothing goes on, and nothing will by itself: a tree that was given its services ends then. */
export function isOver(services: readonly ServiceStatus[]): boolean {
  return instancesOf(services).every(({ state }) => AT_REST.has(state));
}

/** Whether all that are to be up are ready; what ended well, and what waits for its schedule, is. */
export function isReady(services: readonly ServiceStatus[]): boolean {
  return services.every(({ instances, schedule, wanted }) =>
    instances.every(({ ready, state }) => ready || state === "completed" || !wanted || (schedule !== null && state === "waiting")),
  );
}

/**
 * The exit code of a tree whose services have ended. One instance: its own, 128 and the signal's number for a signal, as
 * shells have it. Several: 0 if all ended well or were stopped, else that of the first that did not.
 *
 * @example
 * exitCodeOf(control.list()) // 143 for one service that SIGTERM ended
 */
export function exitCodeOf(services: readonly ServiceStatus[]): number {
  const [first, ...others] = instancesOf(services);
  if (first === undefined) return 0;
  if (others.length === 0) return codeOf(first);
  const bad = [first, ...others].find(endedBadly);
  return bad === undefined ? 0 : codeOf(bad);
}

function endedBadly({ state, lastExit }: InstanceStatus): boolean {
  return state === "failed" || (state === "completed" && lastExit !== null && !isSuccess(lastExit.status));
}

function codeOf({ state, lastExit }: InstanceStatus): number {
  const code = lastExit === null ? 0 : codeOfStatus(lastExit.status);
  // It ended well again and again although it should have stayed, could not be started, or was never ready.
  return code === 0 && state === "failed" ? 1 : code;
}

function codeOfStatus(status: NonNullable<InstanceStatus["lastExit"]>["status"]): number {
  if (status === "unknown") return 1;
  return "code" in status ? status.code : 128 + signalNumber(status.signal as NodeJS.Signals);
}

function instancesOf(services: readonly ServiceStatus[]): InstanceStatus[] {
  return services.flatMap(({ instances }) => instances);
}

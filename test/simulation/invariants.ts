/** What must hold after each event, at each spawn, and over time. Each check returns what is wrong, or null. */
import type { Action } from "../../src/supervisor/actions.ts";
import type { Event, TimerName } from "../../src/supervisor/events.ts";
import { HISTORY_LENGTH, type Instance } from "../../src/supervisor/instance.ts";
import { isUnanswered, slotsOf } from "../../src/supervisor/slots.ts";
import type { State } from "../../src/supervisor/states.ts";
import { living, mainOf, type Service } from "./service.ts";

export class Violation extends Error {
  readonly service: Service;
  readonly event: number;

  constructor(problem: string, service: Service, event: number) {
    super(`${service.instance.name}: ${problem}`);
    this.name = "Violation";
    this.service = service;
    this.event = event;
  }
}

const WITHOUT_PROCESS: ReadonlySet<State> = new Set<State>(["stopped", "waiting", "backoff", "completed", "failed"]);
const UP: ReadonlySet<Event["type"]> = new Set<Event["type"]>(["startAsked", "restartAsked"]);
const DOWN: ReadonlySet<Event["type"]> = new Set<Event["type"]>(["stopAsked", "deleteAsked"]);

/** After each event. */
export function checkStep(service: Service, before: Instance, after: Instance, event: Event, actions: readonly Action[]): string | null {
  return (
    reasonProblem(before, after, actions) ??
    wantedProblem(before, after, event) ??
    bookProblem(after, actions) ??
    wakeUpProblem(after) ??
    exitProblem(service, after) ??
    (WITHOUT_PROCESS.has(after.state) &&
    (living(service).length > 0 || service.spawning > 0) &&
    !actions.some((action) => action.do === "spawn")
      ? `${after.state}, but ${living(service).length} of its processes live and ${service.spawning} are being spawned`
      : null)
  );
}

/** When init really starts a process. */
export function checkSpawn(service: Service, attempt: number, successor: boolean): string | null {
  const others = living(service).filter((process) => process.attempt !== attempt || process.role !== "child");
  if (!successor && others.length > 0)
    return `attempt ${attempt} is spawned while pid ${others[0]?.pid} of attempt ${others[0]?.attempt} lives`;
  // What an earlier attempt left is being killed by itself meanwhile.
  const mains = new Set(others.filter(({ role }) => role !== "child").map((process) => process.attempt));
  return mains.size > 1 ? `the successor ${attempt} is spawned beside attempts ${[...mains].join(", ")}` : null;
}

/** Now and then, for what takes too long. `at` is now. */
export function checkOverTime(service: Service, at: number): string | null {
  const { instance, spec } = service;
  const inState = at - instance.since.at;
  const most = longest(service);
  if (inState > most) return `${instance.state} for ${Math.round(inState)} ms, longer than the ${Math.round(most)} it may be`;
  const serves = instance.state === "running" || instance.state === "reloading";
  const process = instance.process;
  if (serves && process !== null && inState > 60_000 && mainOf(service, process.attempt) === undefined && service.exits.length === 0) {
    return "it is said to run, but it has no process";
  }
  service.spawns = service.spawns.filter((time) => time > at - 60_000);
  service.excuses = service.excuses.filter((time) => time > at - 60_000);
  const { backoff, stable } = spec.restart;
  const bound = (40 + 240_000 / backoff.max + 60_000 / stable) * (1 + service.excuses.length);
  return service.spawns.length > bound
    ? `${service.spawns.length} processes were started within a minute; ${Math.round(bound)} are the most`
    : null;
}

function longest({ instance: { state, since }, spec, extended }: Service): number {
  const hooks = (spec.hooks.beforeStart?.timeout ?? 0) + (spec.hooks.afterExit?.timeout ?? 0);
  const extension = Math.max(0, extended - since.at);
  // Processes that hang in the kernel, late and lost timers, and a supervisor that is down or died between.
  const slack = 120_000;
  switch (state) {
    case "starting":
      return spec.ready.timeout + hooks + extension + slack;
    case "stopping":
      return spec.stop.timeout + hooks + extension + slack;
    case "reloading":
      return spec.ready.timeout + spec.stop.timeout + 5000 + extension + slack;
    case "backoff":
      return spec.restart.backoff.max + slack;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function reasonProblem(before: Instance, after: Instance, actions: readonly Action[]): string | null {
  if (after.history.length > HISTORY_LENGTH) return `its history has grown to ${after.history.length}`;
  if (after.state === before.state) return null;
  const last = after.history.at(-1);
  if (last === undefined || last.to !== after.state || last.reason === "") return `${before.state} → ${after.state} without a reason`;
  return actions.some((action) => action.do === "note" && action.note === last) ? null : `${before.state} → ${after.state} was not told`;
}

function wantedProblem(before: Instance, after: Instance, event: Event): string | null {
  if (UP.has(event.type)) return after.wanted ? null : `${event.type}, but it isn't wanted`;
  if (DOWN.has(event.type)) return after.wanted ? `${event.type}, but it is still wanted` : null;
  return after.wanted === before.wanted ? null : `${event.type} made it ${after.wanted ? "wanted" : "unwanted"}`;
}

/** An exit status is what the process had, or unknown. */
function exitProblem({ deaths }: Service, { lastExit }: Instance): string | null {
  if (lastExit === null || lastExit.status === "unknown") return null;
  const said = JSON.stringify(lastExit.status);
  const truth = deaths.get(lastExit.pid ?? 0);
  return said === truth ? null : `pid ${lastExit.pid} is said to have ended with ${said}, but that was ${truth}`;
}

/** Its own books: processes only where the state has them, and as many as it may have. */
function bookProblem(after: Instance, actions: readonly Action[]): string | null {
  const { state, process, other, ending, hook } = after;
  const slots = slotsOf(after).length;
  if (WITHOUT_PROCESS.has(state) && (slots > 0 || hook !== null)) return `${state} with a process or a hook in its books`;
  if (other !== null && state !== "reloading" && state !== "stopping") return `${state} with two processes in its books`;
  if ((ending !== null) !== (state === "stopping")) return `${state}, but ${ending === null ? "nothing is" : "something is"} being ended`;
  const spawns = actions.filter((action) => action.do === "spawn");
  if (spawns.length > 1) return "two processes in one step";
  const [spawn] = spawns;
  const slot = spawn?.successor ? other : process;
  if (spawn !== undefined && (slot?.attempt !== spawn.attempt || slot.identity !== null)) return `a spawn that is not in its books`;
  if (spawn?.successor === false && other !== null) return "a process is started beside another one";
  return null;
}

/** Whatever it waits for must come by itself: a timer, or the world outside for what only that can say. */
function wakeUpProblem({ state, wanted, process, other, hook, timers, waitsFor }: Instance): string | null {
  const has = (...names: TimerName[]) => names.some((name) => timers[name] !== undefined);
  const lost = (what: string) => `lost wake-up: ${state}, but ${what}`;
  if (wanted && state === "stopped") return lost("it is wanted");
  if (!wanted && !["stopped", "stopping"].includes(state)) return lost("it is not wanted");
  switch (state) {
    case "waiting":
      return waitsFor === null ? lost("for nothing") : null;
    case "starting":
      if (process === null) return hook !== null && has("hookTimeout") ? null : lost("nothing is on its way");
      return has("readyTimeout") ? null : lost("without a limit");
    case "running":
      return process === null || isUnanswered(process) ? lost("without a process") : null;
    case "reloading":
      if (process === null) return lost("without a process");
      if (other === null) return has("reloadTimeout") ? null : lost("without a limit");
      return has(...(other.role === "successor" ? (["readyTimeout"] as const) : (["stopTimeout", "killTimeout"] as const)))
        ? null
        : lost("nobody looks after the other process");
    case "stopping":
      return has("stopTimeout", "killTimeout", "hookTimeout") ? null : lost("nobody insists");
    case "backoff":
      return has("backoffOver") ? null : lost("without an end");
    default:
      return null;
  }
}

/** The machine's `spawn`: from the specification to a process that init has started, or to why not. */
import { DaemonError } from "../../launch/errors.ts";
import { ERRNO } from "../../values/errno.ts";
import { faultPoint } from "../faultPoint.ts";
import { InitError } from "../init/initError.ts";
import type { Started } from "../init/protocol.ts";
import { identityOf } from "../tree/identity.ts";
import { createCgroup } from "../tree/serviceCgroup.ts";
import type { Account } from "./accountOf.ts";
import { composeLaunch, type Launch, type LaunchContext } from "./composeLaunch.ts";
import type { Context } from "./context.ts";
import type { OpenLogs } from "./instanceLogs.ts";
import { composeKey } from "./key.ts";
import { socketsOf } from "./regainSockets.ts";
import type { Attempt, Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** What a process is given that is no part of its specification. */
type Given = Pick<LaunchContext, "sockets" | "notifyAddress"> & { readonly log: OpenLogs };

const NO_SOCKETS = { sockets: [], notifyAddress: null } as const;

/**
 * Starts the process of an attempt; answered by `spawned` or `spawnFailed`, unless init is gone: then the next supervisor
 * finds out what became of it.
 */
export async function launchAttempt(context: Context, unit: Unit, number: number): Promise<void> {
  const { journal, logs } = context;
  unit.lastProbe = null;
  unit.statusText = null;
  const attempt = unit.attempt(number);
  // Whoever reads its lines wants none of those before.
  if (unit.spec.ready.on === "line") attempt.outputAt = logs.ends(unit.spec, unit.name);
  unlessRefused(() => journal.spawning(unit.name, number, "process", attempt.outputAt));
  try {
    const started = await context.spawns.run(() => spawn(context, unit, attempt));
    faultPoint("after spawn");
    answerSpawned(context, unit, attempt, started);
  } catch (error) {
    if (attempt.answered || (error instanceof InitError && error.code !== "ERR_INIT_UNSUPPORTED")) return;
    answerFailed(context, unit, attempt, error);
  }
}

/** Asks init at once where there is nothing to wait for: a service that was killed is back that much sooner. */
async function spawn(context: Context, unit: Unit, attempt: Attempt): Promise<Started> {
  const { client, logs } = context;
  // It was stopped while it waited for its turn.
  if (unit.instance.state === "stopping") throw DaemonError.fromErrno("spawn", ERRNO.ECANCELED, unit.name);
  const log = logs.opened(unit.spec, unit.name);
  const given = log === undefined || wantsSockets(unit) ? await prepare(context, unit, attempt) : { log, ...NO_SOCKETS };
  const launch = compose(context, unit, attempt, given);
  faultPoint("before spawn");
  return client.spawn({ key: composeKey({ instance: unit.name, attempt: attempt.number }), ...launch });
}

/** Also called with what init tells of its end, where that comes before the answer. */
export function answerSpawned(
  { journal, dispatcher, pids, heirlooms }: Pick<Context, "journal" | "dispatcher" | "pids" | "heirlooms">,
  unit: Unit,
  attempt: Attempt,
  { serial, pid, startTime }: { readonly serial: number; readonly pid: number; readonly startTime: number | bigint },
): void {
  if (attempt.answered) return;
  const identity = identityOf({ pid, startTime });
  attempt.answered = true;
  attempt.serial = serial;
  attempt.identity = identity;
  attempt.sessions.add(pid);
  pids.add(pid);
  heirlooms.keep(unit, attempt);
  unlessRefused(() => journal.spawned(unit.name, attempt.number, "process", identity));
  dispatcher.dispatch(unit, { type: "spawned", attempt: attempt.number, identity });
}

function answerFailed(context: Context, unit: Unit, attempt: Attempt, error: unknown): void {
  attempt.answered = true;
  const { step, subject, code, strerror, hint } = DaemonError.from(error, "spawn", unit.name);
  unlessRefused(() => context.journal.gone(unit.name, attempt.number));
  context.dispatcher.dispatch(unit, {
    ...{ type: "spawnFailed", attempt: attempt.number, code },
    step: subject === undefined ? step : `${step} ${subject}`,
    strerror: hint === undefined ? strerror : `${strerror}: ${hint}`,
  });
}

/** What init must hold before the process can be given it. */
async function prepare(context: Context, unit: Unit, attempt: Attempt): Promise<Given> {
  const { spec, name } = unit;
  const log = await context.logs.open(spec, name);
  const sockets = Object.keys(spec.sockets).length === 0 ? [] : await context.sockets.open(spec);
  context.problems.resolve(socketsOf(spec.name), "are held again");
  const notifyAddress = listens(unit) ? await context.notify.open(name, attempt.number) : null;
  return { log, sockets, notifyAddress };
}

function compose(context: Context, unit: Unit, attempt: Attempt, given: Given): Launch {
  unit.log = given.log;
  attempt.notifies = given.notifyAddress !== null;
  attempt.cgroup = makeCgroup(context, unit, attempt.number);
  return composeFor(context, unit, attempt.number, given, attempt.cgroup);
}

/** Makes nothing. */
export function composeFor(
  { homeId, starter }: Pick<Context, "homeId" | "starter">,
  { spec, name, number }: Unit,
  attempt: number,
  { log, sockets, notifyAddress }: Given,
  cgroup: string | null,
  account?: Account,
): Launch {
  const logs = { out: log.out, err: log.err };
  return composeLaunch(spec, {
    ...{ instance: name, number, attempt, command: spec.command, home: homeId, starter, logs, sockets, notifyAddress, cgroup },
    ...(account === undefined ? {} : { account }),
  });
}

/** The instance's log, open. */
export async function logOf({ logs }: Pick<Context, "logs">, unit: Unit): Promise<OpenLogs> {
  unit.log = await logs.open(unit.spec, unit.name);
  return unit.log;
}

function wantsSockets(unit: Unit): boolean {
  return listens(unit) || Object.keys(unit.spec.sockets).length > 0;
}

/** Whether it is given a socket to speak on: who is never listened to is not asked to. */
export function listens({ spec }: Unit): boolean {
  return spec.ready.on === "notify" || spec.watchdog !== null;
}

/** Without a cgroup it runs all the same: it is found by its mark, its session and its parents then. */
function makeCgroup({ cgroups, problems }: Context, unit: Unit, attempt: number): string | null {
  if ("none" in cgroups) {
    const { memory, cpu } = unit.spec.resources;
    unit.degraded = memory === null && cpu === null ? [] : [`${unit.name} runs without its limits of resources: ${cgroups.none}`];
    return null;
  }
  try {
    const { path, unlimited } = createCgroup(cgroups, unit.name, attempt, unit.spec.resources);
    unit.degraded = unlimited;
    problems.resolve(`${unit.name}: cgroup`, "it has one again");
    return path;
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    unit.degraded = [`${unit.name} runs without a cgroup: ${error.message}`];
    problems.report(`${unit.name}: cgroup`, error.message);
    return null;
  }
}

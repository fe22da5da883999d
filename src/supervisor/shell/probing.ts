/** Whether an attempt is ready and a service is well: probes, and what a service says of itself. */
import { setImmediate } from "node:timers/promises";
import { readProcessStat } from "../../launch/processStat.ts";
import type { ReadySpec } from "../../service/specTypes.ts";
import { monotonicMs } from "../../values/clock.ts";
import { parseNotifyMessage } from "../../values/notifyMessage.ts";
import type { NotifyEvent } from "../init/protocol.ts";
import { openHealthProbe } from "../probes/healthProbe.ts";
import { eventsOf, mayBecomeMain, type Speaker, trust } from "../probes/notifyMessages.ts";
import type { RunCommand } from "../probes/probe.ts";
import { openReadinessProbe, type ProbedReadiness } from "../probes/readinessProbe.ts";
import { identityOf } from "../tree/identity.ts";
import type { Context } from "./context.ts";
import { composeKey } from "./key.ts";
import { becomeMain } from "./mainProcess.ts";
import type { Attempt, Unit } from "./unit.ts";

/** The machine's `openReadiness`: it comes before the spawn, and there is nothing to ask before that. */
export function awaitReadiness(context: Context, unit: Unit, number: number): void {
  stopAwaiting(unit, number);
  unit.awaited.set(number, undefined);
  const attempt = unit.attempts.get(number);
  if (attempt?.answered) probeReadiness(context, unit, attempt);
}

/** Once it was spawned, and when it was adopted. */
export function probeReadiness(context: Context, unit: Unit, attempt: Attempt): void {
  const { ready } = unit.spec;
  const { number } = attempt;
  if (!isProbed(ready) || !unit.awaited.has(number) || unit.awaited.get(number) !== undefined) return;
  const { path, errorPath } = context.logs.pathsOf(unit.spec, unit.name);
  const { log, errorLog } = attempt.outputAt ?? context.logs.ends(unit.spec, unit.name);
  const probe = openReadinessProbe(
    ready,
    {
      onPassed: () => context.dispatcher.dispatch(unit, { type: "ready", attempt: number }),
      onFailed: (why) => {
        unit.lastProbe = why;
      },
    },
    {
      runCommand: commandRunner(context, unit, number, "ready"),
      log: { path, offset: log },
      errorLog: errorPath === null ? undefined : { path: errorPath, offset: errorLog },
    },
  );
  unit.awaited.set(number, probe);
}

/** The others need no question: it is enough that it runs, or it says so itself. */
function isProbed(ready: ReadySpec): ready is ProbedReadiness {
  return ready.on !== "started" && ready.on !== "notify";
}

export function stopAwaiting(unit: Unit, number: number): void {
  unit.awaited.get(number)?.close();
  unit.awaited.delete(number);
}

export function startHealthChecks(context: Context, unit: Unit): void {
  const { health } = unit.spec;
  stopHealthChecks(unit);
  if (health === null) return;
  const { dispatcher } = context;
  unit.health = openHealthProbe(
    health,
    {
      onPassed: () => dispatcher.dispatch(unit, { type: "probePassed" }),
      onFailed: (why) => dispatcher.dispatch(unit, { type: "probeFailed", why }),
    },
    { runCommand: commandRunner(context, unit, unit.instance.attempt, "health"), random: Math.random, now: monotonicMs },
  );
}

export function stopHealthChecks(unit: Unit): void {
  unit.health?.close();
  unit.health = undefined;
}

function commandRunner(context: Context, unit: Unit, attempt: number, beside: "ready" | "health"): RunCommand {
  return (command, signal) =>
    context.commands.run(
      unit.spec,
      {
        key: composeKey({ instance: unit.name, attempt, beside }),
        hook: beside,
        instance: unit.name,
        number: unit.number,
        attempt,
        command,
        home: context.homeId,
        starter: context.starter,
        logs: null,
        sockets: [],
        notifyAddress: null,
        cgroup: null,
      },
      signal,
    );
}

/** A datagram that init received: from the service itself, or from somebody who would like to be it. */
export async function heard(context: Context, { socket, pid, uid, session, data }: NotifyEvent): Promise<void> {
  const from = context.notify.parse(socket);
  const unit = from === undefined ? undefined : context.units.get(from.instance);
  const attempt = from === undefined ? undefined : unit?.attempts.get(from.attempt);
  const message = parseNotifyMessage(data);
  if (unit === undefined || attempt === undefined || message === null) return;
  // What it says may come in the same moment as the news that it was started, which takes a turn longer to arrive.
  if (!attempt.answered) await setImmediate();
  const speaker: Speaker = { main: attempt.identity ?? null, session: [...attempt.sessions][0] ?? null, uid: context.uidOf(unit) };
  if (!trust({ pid, uid, session }, speaker, readProcessStat).trusted) {
    context.problems.tell(unit.name, `process ${pid} of user ${uid} sent a notification, but is none of the service's: ignored`);
    return;
  }
  if (message.status !== null) unit.statusText = message.status;
  const main = message.mainPid;
  if (main !== null && main !== attempt.identity?.pid) {
    const found = readProcessStat(main);
    if (found !== undefined && mayBecomeMain(main, speaker, readProcessStat)) await becomeMain(context, unit, attempt, identityOf(found));
    else context.problems.tell(unit.name, `MAINPID=${main} is no process of the service: ignored`);
  }
  for (const event of eventsOf(message, attempt.number)) context.dispatcher.dispatch(unit, event);
}

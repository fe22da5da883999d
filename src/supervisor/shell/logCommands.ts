/** `rotate` and `clear`: what people ask of logs. */
import { setTimeout as sleep } from "node:timers/promises";
import type { InstanceOutcome } from "../control.ts";
import { InitError } from "../init/initError.ts";
import type { Context } from "./context.ts";
import type { LogStream } from "./logStream.ts";
import type { Patience } from "./outcomes.ts";
import type { Unit } from "./unit.ts";

/** Milliseconds that a line may take to end, where the one who asks says nothing. */
const LINE_END = 5000;

type Told = Pick<InstanceOutcome, "outcome" | "why">;

export function actOnLogs(
  context: Pick<Context, "logs">,
  units: readonly Unit[],
  action: "rotate" | "clear",
  patience: Pick<Patience, "wait" | "signal">,
): Promise<readonly InstanceOutcome[]> {
  return Promise.all(
    units.map(async (unit) => {
      const { name, instance } = unit;
      const streams = context.logs.streamsOf(unit.spec, name);
      const told = await attempt(name, () => (action === "rotate" ? rotate(name, streams, patience) : clear(name, streams)));
      return { name, state: instance.state, pid: instance.process?.identity?.pid ?? null, ...told };
    }),
  );
}

async function rotate(name: string, streams: readonly LogStream[], { wait, signal }: Pick<Patience, "wait" | "signal">): Promise<Told> {
  const begun: boolean[] = [];
  for (const stream of streams) begun.push(await stream.rotate());
  if (!begun.includes(true) && !streams.some((stream) => stream.isSwitching)) {
    return { outcome: "done", why: `there is nothing in the log of ${name} to put aside` };
  }
  const over = new AbortController();
  const late = sleep(wait ?? LINE_END, "late", { signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]) });
  const switched = Promise.all(streams.map((stream) => stream.switched()));
  const first = await Promise.race([switched, late.catch(() => "late")]);
  over.abort();
  return first === "late"
    ? { outcome: "pending", why: `the log of ${name} is put aside at the end of the line that it is in` }
    : { outcome: "done", why: `the log of ${name} was put aside` };
}

async function clear(name: string, streams: readonly LogStream[]): Promise<Told> {
  for (const stream of streams) await stream.clear();
  return { outcome: "done", why: `all that ${name} had logged was removed` };
}

async function attempt(name: string, act: () => Promise<Told>): Promise<Told> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof InitError) throw error;
    return { outcome: "failed", why: `${name}: ${error instanceof Error ? error.message : error}` };
  }
}

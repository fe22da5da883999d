/** The logs of all instances: put together, put in order at the start, and looked after from then on. */
import { join } from "node:path";
import { InitError } from "../init/initError.ts";
import type { LogState } from "../init/protocol.ts";
import type { LineProbe } from "../probes/lineProbe.ts";
import type { Probe } from "../probes/probe.ts";
import { Archives } from "./archives.ts";
import type { Context } from "./context.ts";
import { unlessInitIsGone } from "./endings.ts";
import { InstanceLogs, instanceOf } from "./instanceLogs.ts";
import { LogClock } from "./logClock.ts";
import { troubleOf } from "./logEvents.ts";
import type { Unit } from "./unit.ts";

type Sources = Pick<Context, "client" | "home" | "problems" | "pids" | "units">;

const COMPRESSION = "log archives";

export function makeLogs({ client, home, problems, pids, units }: Sources): Pick<Context, "logs" | "archives" | "logClock"> {
  const failed = (instance: string, error: unknown) => {
    const subject = `${instance}: log rotation`;
    // Then the next supervisor goes on.
    if (error instanceof InitError) return;
    if (error === undefined) problems.resolve(subject, "works again");
    else problems.report(subject, error instanceof Error ? error.message : String(error));
  };
  const archives = new Archives({
    lock: join(home.run, "compressor.lock"),
    started: (pid) => pids.add(pid),
    ended: (pid) => pids.delete(pid),
    report: (why) => problems.report(COMPRESSION, why),
    resolve: () => problems.resolve(COMPRESSION, "are compressed again"),
  });
  const rotated = (instance: string, path: string) => {
    for (const probe of units.get(instance)?.awaited.values() ?? []) if (probe !== undefined && isOfLines(probe)) probe.rotated(path);
  };
  const logs = new InstanceLogs(client, home.log, { archives, failed, rotated });
  const logClock = new LogClock({ client, streams: () => logs.streams, failed: (name, error) => failed(instanceOf(name), error) });
  return { logs, archives, logClock };
}

function isOfLines(probe: Probe): probe is LineProbe {
  return "rotated" in probe;
}

/** Before anything is written to a log: names that the supervisor before left half done. */
export async function recoverLogs(context: Pick<Context, "logs" | "units" | "problems">, states: readonly LogState[]): Promise<void> {
  context.logs.adoptLogs(states);
  for (const unit of context.units.values()) await follow(context, unit);
  for (const state of states) troubleOf(context, state);
}

/** Once events come: what is due, and what waits to be compressed. */
export async function startLogs({ logs, logClock, problems }: Pick<Context, "logs" | "logClock" | "problems">): Promise<void> {
  for (const [name, stream] of logs.streams) {
    try {
      await stream.grant();
      stream.queueArchives();
    } catch (error) {
      if (error instanceof InitError) return;
      problems.report(`${instanceOf(name)}: log`, error instanceof Error ? error.message : String(error));
    }
  }
  logClock.start();
}

export function endLogs({ logClock, archives }: Pick<Context, "logClock" | "archives">): void {
  logClock.end();
  archives.end();
}

/** Its specification is another one. */
export function followLogs(context: Pick<Context, "logs" | "problems">, unit: Unit): void {
  follow(context, unit).catch(unlessInitIsGone);
}

async function follow({ logs, problems }: Pick<Context, "logs" | "problems">, unit: Unit): Promise<void> {
  try {
    await logs.follow(unit.spec, unit.name);
  } catch (error) {
    if (error instanceof InitError) throw error;
    problems.tell(`${unit.name}: log`, error instanceof Error ? error.message : String(error));
  }
}

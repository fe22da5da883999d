/** What init tells of logs: a disk that is full, a file that somebody removed or emptied, a segment that is large enough. */
import { DaemonError, errnoName } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import type { LogEvent, LogState } from "../init/protocol.ts";
import type { Context } from "./context.ts";
import { instanceOf } from "./instanceLogs.ts";
import { logOf } from "./launching.ts";
import type { Unit } from "./unit.ts";

type Told = Pick<Context, "problems" | "units">;

export async function logEvent(context: Context, event: LogEvent): Promise<void> {
  const { problems, units, logs } = context;
  const { what, name, errno, dropped } = event;
  const instance = instanceOf(name);
  const subject = `${instance}: log`;
  const unit = units.get(instance);
  const wasEmptied = await logs.heard(event);
  switch (what) {
    case "blocked":
      return full(context, instance, errno, unit?.spec.logs.onDiskFull === "drop");
    case "unblocked":
      if (unit !== undefined) {
        unit.logTrouble = null;
        unit.logDropped = sum(unit.logDropped, dropped);
      }
      return problems.resolve(subject, dropped.bytes === 0 ? "is written again" : `is written again; ${sumOf(dropped)} were dropped`);
    case "removed":
      problems.tell(subject, "the file was removed by somebody; it goes on in a new one");
      if (unit !== undefined) await openAgain(context, unit);
      return;
    case "truncated":
      if (wasEmptied) problems.tell(subject, "the file was emptied by somebody");
      return;
    case "switched":
    case "reached":
    case "limited":
    case "ended":
      return;
  }
}

async function openAgain(context: Context, unit: Unit): Promise<void> {
  try {
    await logOf(context, unit);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    context.problems.tell(`${unit.name}: log`, error.message);
  }
}

/** What an earlier supervisor was told: it isn't told again. */
export function troubleOf(context: Told, { name, errno, dropping, dropped }: LogState): void {
  const unit = context.units.get(instanceOf(name));
  // What goes on is told, and counted, when it is over.
  if (unit !== undefined && !dropping) unit.logDropped = sum(unit.logDropped, dropped);
  if (errno !== 0) full(context, instanceOf(name), errno, dropping);
}

function full({ problems, units }: Told, instance: string, errno: number, drops: boolean): void {
  const why = `can't be written: ${native().strerror(errno)} (${errnoName(errno)})`;
  const message = `${why}; ${drops ? "what it writes is dropped and counted" : "what it writes waits, and nothing is lost"}`;
  problems.report(`${instance}: log`, message);
  const unit = units.get(instance);
  if (unit !== undefined) unit.logTrouble = `the log of ${instance} ${message}`;
}

function sum(one: LogEvent["dropped"], other: LogEvent["dropped"]): LogEvent["dropped"] {
  return { lines: one.lines + other.lines, bytes: one.bytes + other.bytes };
}

function sumOf({ lines, bytes }: LogEvent["dropped"]): string {
  return `${lines} line${lines === 1 ? "" : "s"} (${bytes} bytes)`;
}

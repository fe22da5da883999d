/** `daemonitor logs --follow`: prints what comes, as fast as it can be written and no faster than it is read. */
import { lineFilter } from "../logs/readFilter.ts";
import { type FollowTarget, followLogs } from "../logs/readFollowing.ts";
import type { ReadEnd } from "../logs/readLog.ts";
import type { Selectable } from "../supervisor/selector.ts";
import type { Home } from "../supervisor/state/home.ts";
import type { LogsOutput } from "./logsOutput.ts";
import type { LinePrinter } from "./logsPrinter.ts";
import { chooseLogs, keyOf, type ShownLog, servicesOnDisk } from "./logsSelect.ts";
import type { Wanted } from "./logsWanted.ts";

export interface OnScreen {
  readonly home: Home;
  readonly wanted: Wanted;
  /** What was shown so far. */
  readonly logs: readonly ShownLog[];
  /** How far. */
  readonly ends: ReadonlyMap<string, ReadEnd>;
  /** What there was at the beginning: its content isn't new. */
  readonly onDisk: readonly Selectable[];
  readonly printer: LinePrinter;
  readonly output: LogsOutput;
}

/** Ends when nobody reads any more; Ctrl-C ends the process. */
export async function followOnScreen({ home, wanted, logs, ends, onDisk, printer, output }: OnScreen): Promise<void> {
  const shown = new Map(logs.map((log) => [keyOf(log), log]));
  const old = new Set(onDisk.flatMap(({ name, instances }) => instances.map((number) => `${name}/${number}`)));
  const fromOf = (log: ShownLog): FollowTarget["from"] => {
    if (shown.has(keyOf(log))) return ends.get(keyOf(log)) ?? "begin";
    return old.has(log.instance) ? "end" : "begin";
  };
  const discover = () => {
    for (const log of grown(home, wanted)) {
      if (!targets.has(keyOf(log))) targets.set(keyOf(log), { ...log, from: fromOf(log) });
    }
    const all = [...targets.values()];
    printer.nameAll(all);
    return all;
  };
  const targets = new Map<string, ShownLog & FollowTarget>(logs.map((log) => [keyOf(log), { ...log, from: fromOf(log) }]));
  const filters = new Map<string, (line: Buffer) => boolean>();
  for await (const { target, lines } of followLogs({ signal: new AbortController().signal, discover })) {
    const key = keyOf(target);
    const isWanted = filters.get(key) ?? lineFilter(wanted.filter);
    filters.set(key, isWanted);
    const time = Date.now();
    for (const line of lines) if (isWanted(line.bytes)) printer.print(target, { ...line, time });
    output.flush();
    if (output.isGone) return;
  }
}

/** What is meant by now: services may have been added, and instances. */
function grown(home: Home, wanted: Wanted): readonly ShownLog[] {
  try {
    return chooseLogs(home, wanted, undefined, servicesOnDisk(home));
  } catch {
    // None of them is there yet.
    return [];
  }
}

/** `daemonitor stop --pid-file`: ends a daemon, waits until it is gone, and says what happened. */
import type { StopProgress, StopResult } from "../daemon/stopProcess.ts";
import { EXIT } from "../launch/errors.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import type { Arguments } from "./command.ts";
import { exclude, flagValue, secondsUnlessSaid } from "./flagValues.ts";
import { print, printError, printJson } from "./output.ts";

export type StopPidFileFlag = "signal" | "timeout" | "no-kill" | "force" | "quiet" | "json";

/** Returns the exit code. */
export async function stopPidFile(path: string, args: Arguments<StopPidFileFlag>): Promise<number> {
  exclude(args, "quiet", "json");
  exclude(args, "force", "signal");
  exclude(args, "force", "no-kill");
  const signal = flagValue("signal", () => parseSignal(args.has("force") ? "KILL" : (args.text("signal") ?? "TERM")));
  const timeout = flagValue("timeout", () => parseDuration(secondsUnlessSaid(args.text("timeout") ?? "10s")));
  const silent = args.has("quiet") || args.has("json");
  const { stopByPidFile } = await import("../daemon/stopProcess.ts");
  const result = await stopByPidFile(path, {
    signal,
    timeout,
    kill: !args.has("no-kill"),
    ...(silent ? {} : { onProgress: sayEscalation(signal) }),
  });
  if (args.has("json")) printJson({ ...result, path });
  else if (result.outcome === "still running") printError(`daemonitor: ${describe(result, { path, signal, timeout })}\n`);
  else if (!silent) print(`${describe(result, { path, signal, timeout })}\n`);
  return result.outcome === "still running" ? EXIT.temporary : EXIT.ok;
}

/** The first signal is what was asked for; only a second one is news. */
function sayEscalation(first: number): (progress: StopProgress) => void {
  let count = 0;
  return ({ sent, to, timeout }) => {
    count += 1;
    if (count > 1) print(`${to.name} (${to.pid}) still runs ${formatDuration(timeout)} after ${signalName(first)}: sent ${sent}\n`);
  };
}

function describe(result: StopResult, { path, signal, timeout }: { path: string; signal: number; timeout: number }): string {
  if (result.outcome === "not running") return `not running: ${path}: ${result.why}`;
  const { process, took } = result;
  const who = `${process.name} (${process.pid})`;
  const asked = signalName(signal);
  switch (result.outcome) {
    case "stopped":
      return `stopped ${who} after ${formatDuration(took)}`;
    case "killed":
      return asked === "SIGKILL"
        ? `killed ${who} after ${formatDuration(took)}`
        : `killed ${who} after ${formatDuration(took)}: ${asked} had no effect within ${formatDuration(timeout)}`;
    case "still running":
      return `${who} still runs after ${formatDuration(took)}: ${asked} had no effect; try again with a longer --timeout, or without --no-kill`;
  }
}

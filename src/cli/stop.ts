/** `daemonitor stop`: ends a daemon, waits until it is gone, and says what happened. */
import type { StopProgress, StopResult } from "../daemon/stopProcess.ts";
import { EXIT } from "../launch/errors.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { exclude, flagValue, secondsUnlessSaid } from "./flagValues.ts";
import { print, printError, printJson } from "./output.ts";
import { PID_FILE_FLAG, pidFileOf } from "./pidFileFlag.ts";

const FLAGS = {
  "pid-file": PID_FILE_FLAG,
  signal: { short: "s", value: "SIGNAL", default: "TERM", describe: "what asks it to end" },
  timeout: { short: "t", value: "TIME", default: "10s", describe: "how long to wait until SIGKILL; a bare number is seconds" },
  "no-kill": { describe: "never send SIGKILL" },
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const stopCommand: Command<keyof typeof FLAGS> = {
  name: "stop",
  summary: "stop the daemon that a pid file names",
  usage: "--pid-file FILE [options]",
  flags: FLAGS,
  operands: 0,
  notes: ["Ends with 0 when the daemon is gone, also if it wasn't there; with 75 when it still runs."],
  examples: [
    { does: "ask, wait 10 s, then kill", command: "daemonitor stop --pid-file /run/web.pid" },
    {
      does: "ask with SIGQUIT and be patient",
      command: "daemonitor stop --pid-file /run/nginx.pid --signal QUIT --timeout 1min --no-kill",
    },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const path = pidFileOf(stopCommand, args);
  exclude(args, "quiet", "json");
  const signal = flagValue("signal", () => parseSignal(args.text("signal") ?? "TERM"));
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

/** `daemonitor status`: tells whether a daemon runs, with the exit codes of the Linux Standard Base. */
import type { PidFileStatus } from "../daemon/stopProcess.ts";
import { formatDuration } from "../values/duration.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { exclude } from "./flagValues.ts";
import { print, printJson } from "./output.ts";
import { PID_FILE_FLAG, pidFileOf } from "./pidFileFlag.ts";

const FLAGS = {
  "pid-file": PID_FILE_FLAG,
  quiet: { short: "q", describe: "print errors only; the exit code tells" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

/** LSB 5, "Init Script Actions". */
const EXIT_CODES = { running: 0, "dead, pid file left": 1, "not running": 3 } as const satisfies Record<PidFileStatus["state"], number>;

export const statusCommand: Command<keyof typeof FLAGS> = {
  name: "status",
  summary: "tell whether the daemon that a pid file names runs",
  usage: "--pid-file FILE [options]",
  flags: FLAGS,
  operands: 0,
  notes: ["Exit codes as for init scripts: 0 it runs, 1 it is dead and has left its pid file, 3 it doesn't run."],
  examples: [
    { does: "for people", command: "daemonitor status --pid-file /run/web.pid" },
    { does: "for scripts", command: "daemonitor status --quiet --pid-file /run/web.pid || start-web" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const path = pidFileOf(statusCommand, args);
  exclude(args, "quiet", "json");
  const { statusByPidFile } = await import("../daemon/stopProcess.ts");
  const status = statusByPidFile(path);
  if (args.has("json")) printJson({ ...status, path });
  else if (!args.has("quiet")) print(`${describe(status, path)}\n`);
  return EXIT_CODES[status.state];
}

function describe(status: PidFileStatus, path: string): string {
  switch (status.state) {
    case "running":
      return `running: ${status.name} (${status.pid}) for ${formatDuration(Math.max(0, Date.now() - status.since.getTime()))}`;
    case "dead, pid file left":
      return `dead: ${path}: ${status.why}`;
    case "not running":
      return `not running: ${path}: ${status.why}`;
  }
}

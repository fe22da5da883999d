/** `daemonitor status --pid-file`: tells whether a daemon runs. */
import type { PidFileStatus } from "../daemon/stopProcess.ts";
import { formatDuration } from "../values/duration.ts";
import type { Arguments } from "./command.ts";
import { exclude } from "./flagValues.ts";
import { print, printJson } from "./output.ts";

/** LSB 5, "Init Script Actions". */
const EXIT_CODES = { running: 0, "dead, pid file left": 1, "not running": 3 } as const satisfies Record<PidFileStatus["state"], number>;

/** Returns the exit code. */
export async function statusPidFile(path: string, args: Arguments<"quiet" | "json">): Promise<number> {
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

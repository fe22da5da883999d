/** Passes where a command exits with status 0. */
import { describeFailure, oneLine } from "./describeFailure.ts";
import type { RunCommand, Try } from "./probe.ts";

export function tryExec(command: readonly string[], run: RunCommand): Try {
  return async (signal) => {
    try {
      const { status, signal: killedBy, output = "" } = await run(command, signal);
      if (status === 0) return null;
      const how = killedBy === null ? `exit status ${status}` : `killed by ${killedBy}`;
      const said = oneLine(output);
      return `${command[0]}: ${how}${said === "" ? "" : `: ${said}`}`;
    } catch (error) {
      return describeFailure(error);
    }
  };
}

/** `daemonitor status`: tells what runs, with the exit codes of the Linux Standard Base. */
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { PID_FILE_FLAG, pidFileOf, refuse, refuseOperands } from "./pidFileFlag.ts";

const FLAGS = {
  watch: { short: "w", describe: "draw it again and again until q or Ctrl-C; a TIME among the words is the interval (default: 2s)" },
  "pid-file": PID_FILE_FLAG,
  quiet: { short: "q", describe: "print errors only; the exit code tells" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export type StatusFlag = keyof typeof FLAGS;

export const statusCommand: Command<StatusFlag> = {
  name: "status",
  summary: "tell what runs",
  usage: "[SELECTOR…] [--watch [TIME]] [options] | --pid-file FILE [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'Also called ls and list. CPU is the share of one processor since the last look, memory what is resident; both of all processes of the instance. A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all".',
    "Exit codes: 0 all that should run runs or has completed (what is named has to run also where somebody stopped it), 3 something doesn't, or there is no supervisor, 69 no such service. Of a pid file, as for init scripts: 0 it runs, 1 it is dead and has left its file, 3 it doesn't run.",
  ],
  examples: [
    { does: "everything", command: "daemonitor status" },
    { does: "again each second", command: "daemonitor status --watch 1s" },
    { does: "for scripts", command: "daemonitor status --quiet web || daemonitor restart web" },
    { does: "for programs", command: "daemonitor status --json" },
    { does: "the daemon of a pid file", command: "daemonitor status --pid-file /run/web.pid" },
  ],
  run,
};

async function run(args: Arguments<StatusFlag>): Promise<number> {
  const path = pidFileOf(statusCommand, args);
  if (path === undefined) return (await import("./statusServices.ts")).statusServices(statusCommand, args);
  refuseOperands(statusCommand, args);
  refuse(statusCommand, args, ["watch"], "is for services, not for a pid file");
  return (await import("./statusPidFile.ts")).statusPidFile(path, args);
}

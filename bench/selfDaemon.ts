/** A Node script that makes a daemon of itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Benchmark, type Row, times } from "./benchmark.ts";
import { type Contender, inTurn, program } from "./harness.ts";

/** Every daemon of these ends at once. */
const SCRIPTS = {
  ours: ["ours.mjs", 'import { createDaemon } from "daemonitor";\ncreateDaemon();\n'],
  oursCommonJs: ["ours.cjs", 'const { createDaemon } = require("daemonitor");\ncreateDaemon();\n'],
  daemonizeProcess: ["daemonize-process.mjs", 'import { daemonizeProcess } from "daemonize-process";\ndaemonizeProcess();\n'],
  diable: ["diable.cjs", 'require("diable")();\n'],
  daemon: ["daemon.cjs", 'require("daemon")({ cwd: process.cwd() });\n'],
} as const;

type Name = "floor" | keyof typeof SCRIPTS;

const LABELS: Readonly<Record<Name, string>> = {
  floor: "`node -e 0`",
  ours: "`createDaemon()` in a module, until the daemon is ready",
  oursCommonJs: "the same in a CommonJS script",
  daemonizeProcess: "npm `daemonize-process`, which doesn't wait",
  diable: "npm `diable`, which doesn't wait",
  daemon: "npm `daemon`, which doesn't wait",
};

export const selfDaemon: Benchmark = {
  name: "self-daemon",
  title: "a Node script that makes a daemon of itself",
  method:
    "From the start of the launcher to its exit. Ours exits when the second Node has started, run the script up to the call and said that it is ready. The npm peers exit as soon as theirs was spawned, and never learn whether it ran.",
  async run(context) {
    const names: readonly (keyof typeof SCRIPTS)[] =
      context.npmPeersMissing === undefined ? ["ours", "oursCommonJs", "daemonizeProcess", "diable", "daemon"] : ["ours", "oursCommonJs"];
    const contenders: Partial<Record<Name, Contender>> = { floor: program(process.execPath, ["-e", "0"]) };
    for (const name of names) contenders[name] = script(context.directory, SCRIPTS[name]);
    const results = await inTurn(contenders as Record<Name, Contender>, { rounds: context.rounds(60) });
    const row = (name: Name): Row => ({ what: LABELS[name], unit: "ms", stats: results[name], ratio: times(results[name], results.floor) });
    return {
      rows: (["floor", ...names] as const).map(row),
      verdicts: [
        {
          claim: "a Node script daemonizing itself, until it is ready, against `node -e 0`",
          measured: results.ours.median / results.floor.median,
          target: { atMost: 2.4 },
          unit: "times",
        },
      ],
      notes: context.npmPeersMissing === undefined ? [] : [context.npmPeersMissing],
    };
  },
};

function script(directory: string, [name, text]: readonly [string, string]): Contender {
  writeFileSync(join(directory, name), text);
  return program(process.execPath, [join(directory, name)], { cwd: directory });
}

/**
 * npm run bench [-- --only NAME] [--quick] [--write]
 *
 * Runs every benchmark and compares it with its target; exits 1 when one is missed. --quick takes a fifth of the rounds,
 * --write writes docs/benchmarks.md, which says so where it was quick. Needs a built package (npm run build).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../scripts/root.ts";
import { type Benchmark, holds, type Outcome } from "./benchmark.ts";
import { closeDescriptors } from "./closeDescriptors.ts";
import { command } from "./command.ts";
import { dashboard } from "./dashboard.ts";
import { fromLargeProcess, fromSmallProcess } from "./eventLoop.ts";
import { importing } from "./importing.ts";
import { logsArchives } from "./logsArchives.ts";
import { logsPump } from "./logsPump.ts";
import { logsReading } from "./logsReading.ts";
import { workshop } from "./peers.ts";
import { type Finished, machine, page, terminalText } from "./report.ts";
import { sampling } from "./sampling.ts";
import { selfDaemon } from "./selfDaemon.ts";
import { startDaemon } from "./startDaemon.ts";
import { supervisorApply } from "./supervisorApply.ts";
import { supervisorIdle, supervisorMemory } from "./supervisorMemory.ts";
import { killProcessesOf } from "./supervisorProcesses.ts";
import { supervisorPump } from "./supervisorPump.ts";
import { supervisorRestart } from "./supervisorRestart.ts";
import { supervisorRevival } from "./supervisorRevival.ts";
import { supervisorScale } from "./supervisorScale.ts";
import { supervisorStatus } from "./supervisorStatus.ts";
import { terminal } from "./terminal.ts";

const benchmarks: readonly Benchmark[] = [
  fromLargeProcess,
  fromSmallProcess,
  command,
  selfDaemon,
  closeDescriptors,
  startDaemon,
  importing,
  supervisorRestart,
  supervisorStatus,
  supervisorApply,
  supervisorMemory,
  supervisorIdle,
  supervisorRevival,
  supervisorPump,
  supervisorScale,
  logsPump,
  logsReading,
  logsArchives,
  sampling,
  terminal,
  dashboard,
];

const { only = [], quick = false, write = false } = flags();

const unknown = only.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) stop(`there is no benchmark "${unknown}": they are ${benchmarks.map(({ name }) => name).join(", ")}`);
if (write && only.length > 0) stop("--write needs every benchmark: leave out --only");

const finished = await runAll(benchmarks.filter(({ name }) => only.length === 0 || only.includes(name)));
if (write) writeFileSync(join(root, "docs/benchmarks.md"), page(finished, new Date().toISOString().slice(0, 10), quick));
process.exitCode = finished.every(({ outcome }) => outcome.verdicts.every(holds)) ? 0 : 1;

function flags() {
  try {
    const options = { only: { type: "string", multiple: true }, quick: { type: "boolean" }, write: { type: "boolean" } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return stop(`${error instanceof Error ? error.message.split(". ")[0] : error}: the flags are --only NAME, --quick and --write`);
  }
}

async function runAll(chosen: readonly Benchmark[]): Promise<Finished[]> {
  console.log(`${machine()}\n`);
  const results: Finished[] = [];
  const { directory, npmPeersMissing, remove } = workshop();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted(directory, remove));
  try {
    for (const benchmark of chosen) {
      const rounds = (full: number) => (quick ? Math.max(5, Math.round(full / 5)) : full);
      // An hour of others' figures is not lost for it.
      const outcome = await benchmark.run({ directory, npmPeersMissing, quick, rounds }).catch(notMeasured);
      results.push({ benchmark, outcome });
      console.log(`${terminalText({ benchmark, outcome })}\n`);
    }
  } finally {
    remove();
  }
  return results;
}

function notMeasured(error: unknown): Outcome {
  const why = error instanceof Error ? error.message : String(error);
  return {
    rows: [],
    verdicts: [{ claim: "it could be measured", measured: Number.NaN, target: { atLeast: 1 }, unit: "times" }],
    notes: [why],
  };
}

/** What was started doesn't end with us by itself: trees are daemons. */
function interrupted(directory: string, remove: () => void): never {
  while (killProcessesOf(directory) > 0);
  remove();
  process.exit(130);
}

function stop(why: string): never {
  console.error(`bench: ${why}`);
  process.exit(64);
}

/**
 * Builds what is stale, then runs the tests.
 *
 *   npm test                                    all of them
 *   npm test -- test/daemon/pidFile.test.ts     these files (or globs)
 *   npm test -- --test-name-pattern "pid file"  options go to node --test
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { supervisorCommand } from "../src/api/supervisorProgram.ts";
import { root } from "./root.ts";

for (const script of ["build-native", "build-dist"]) await run([`scripts/${script}.ts`]);

const given = process.argv.slice(2);
const namesFiles = given.some((argument) => /\.test\.ts$/.test(argument));
const files = namesFiles ? [] : globSync("test/**/*.test.ts", { exclude: ["test/fixtures/**"] }).sort();
// Tests start Node a thousand times, and it strips and compiles the same files each time: what it kept takes a quarter of the
// processor time. It would be kept on the machine, too, where a cache of ours wasn't named.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules/.cache/daemonitor-tests");
warmSupervisor();
// Tests start processes and wait for them: three files at a time suit two cores.
await run(["--test", "--test-concurrency=3", "--test-timeout=120000", ...given, ...files]);

/** A supervisor has a cache of its own, by its options of V8, and is mostly killed before it writes that. Without init it loads, and ends. */
function warmSupervisor(): void {
  const [file = "", ...args] = supervisorCommand();
  spawnSync(file, args, { stdio: "ignore" });
}

/** Runs Node, and ends as it ended unless that was well. Who ends us ends it: a runner that goes on would start ever more. */
async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward).on("SIGINT", forward).on("SIGHUP", forward);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
}

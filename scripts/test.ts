/**
 * Builds what is stale, then runs the tests.
 *
 *   npm test                                    all of them
 *   npm test -- test/daemon/pidFile.test.ts     these files (or globs)
 *   npm test -- --test-name-pattern "pid file"  options go to node --test
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { constants } from "node:os";
import "./root.ts";

for (const script of ["build-native", "build-dist"]) run([`scripts/${script}.ts`]);

const given = process.argv.slice(2);
const namesFiles = given.some((argument) => /\.test\.ts$/.test(argument));
const files = namesFiles ? [] : globSync("test/**/*.test.ts", { exclude: ["test/fixtures/**"] }).sort();
// The command would leave its compile cache behind on the machine.
process.env.NODE_DISABLE_COMPILE_CACHE = "1";
// Tests start processes and wait for them: two files at a time suit two cores.
run(["--test", "--test-concurrency=2", "--test-timeout=120000", ...given, ...files]);

/** Runs Node, and ends as it ended unless that was well. */
function run(args: readonly string[]): void {
  const { status, signal, error } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 128 + constants.signals[signal ?? "SIGTERM"]);
}

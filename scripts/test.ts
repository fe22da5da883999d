/**
 * Builds what is stale, then runs the tests.
 *
 *   npm test                                    all of them
 *   npm test -- test/daemon/pidFile.test.ts     these files (or globs)
 *   npm test -- --test-name-pattern "pid file"  options go to node --test
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { constants } from "node:os";
import "./root.ts";

for (const script of ["build-native", "build-dist"]) await run([`scripts/${script}.ts`]);

const given = process.argv.slice(2);
const namesFiles = given.some((argument) => /\.test\.ts$/.test(argument));
const files = namesFiles ? [] : globSync("test/**/*.test.ts", { exclude: ["test/fixtures/**"] }).sort();
// The command would leave its compile cache behind on the machine.
process.env.NODE_DISABLE_COMPILE_CACHE = "1";
// Tests start processes and wait for them: three files at a time suit two cores.
await run(["--test", "--test-concurrency=3", "--test-timeout=120000", ...given, ...files]);

/** Runs Node, and ends as it ended unless that was well. Who ends us ends it: a runner that goes on would start ever more. */
async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward).on("SIGINT", forward).on("SIGHUP", forward);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
}

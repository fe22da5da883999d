/**
 * Builds and runs each program in test/native: plain, under the sanitizers, and under valgrind.
 *
 *   npm run test:native            all of them
 *   npm run test:native -- plan    those whose name contains "plan"
 *
 * A program is linked with native/plan*.c and, by the first word of its name, with the files of the pump or of
 * init, but for those that it includes itself.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { compiler, compilerVersion, strictFlags } from "./compiler.ts";
import "./root.ts";

interface Mode {
  readonly name: string;
  readonly flags: readonly string[];
  readonly under: readonly string[];
}

const modes: readonly Mode[] = [
  { name: "plain", flags: ["-O2"], under: [] },
  { name: "sanitizers", flags: ["-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], under: [] },
  {
    name: "valgrind",
    flags: ["-O1"],
    under: ["valgrind", "--quiet", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite"],
  },
];

/** By the first word of a program's name. */
const families: Readonly<Record<string, string>> = { pump: "native/pump*.c", init: "native/{init,pump,frames,pidfd}*.c" };

const wanted = process.argv[2] ?? "";
const programs = globSync("test/native/*.c")
  .filter((file) => basename(file).includes(wanted))
  .sort();
const hasValgrind = spawnSync("valgrind", ["--version"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "daemonitor-native-"));
let passed = 0;
let failed = 0;

process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
compilerVersion();
if (!hasValgrind) console.log("# valgrind is not installed: nothing runs under it");
for (const program of programs) {
  for (const mode of modes) {
    if (mode.name === "valgrind" && !hasValgrind) continue;
    report(`${basename(program, ".c")} (${mode.name})`, compileAndRun(program, mode));
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (passed === 0 || failed > 0) process.exitCode = 1;

/** What went wrong, or undefined. */
function compileAndRun(program: string, mode: Mode): string | undefined {
  const binary = join(folder, `${basename(program, ".c")}-${mode.name}`);
  const included = new Set([...readFileSync(program, "utf8").matchAll(/#include "(?:[^"]*\/)?([^"/]+\.c)"/g)].map((match) => match[1]));
  const family = families[basename(program, ".c").split("_")[0] ?? ""];
  const parts = globSync(["native/plan*.c", ...(family === undefined ? [] : [family])]).filter((file) => !included.has(basename(file)));
  const compile = [...strictFlags, "-g", ...mode.flags, "-I", "native", program, ...parts, "-o", binary];
  return attempt([compiler, ...compile], 120) ?? attempt([...mode.under, binary], 180);
}

function attempt(command: readonly string[], seconds: number): string | undefined {
  const [file = "", ...args] = command;
  const { status, signal, error, stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
  });
  if (status === 0) return undefined;
  const why = error?.message ?? (signal === null ? `status ${status}` : `signal ${signal}`);
  return `${command.join(" ")}: ${why}\n${stdout ?? ""}${stderr ?? ""}`;
}

function report(title: string, problem: string | undefined): void {
  if (problem === undefined) passed++;
  else failed++;
  console.log(`${problem === undefined ? "ok" : "not ok"} ${passed + failed} - ${title}`);
  if (problem !== undefined) console.log(problem.trimEnd().replaceAll(/^/gm, "# "));
}

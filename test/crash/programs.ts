/** Compiles the services' program. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { compiler, strictFlags } from "../../scripts/compiler.ts";

/** Why the crash run can't be had here, or false. */
export function needsCompiler(): string | false {
  return spawnSync(compiler, ["--version"]).status === 0 ? false : `there is no C compiler: "${compiler}" is not found`;
}

/**
 * @returns the path of the program
 * @throws Error with what the compiler says
 */
export function compileProgram(directory: string): string {
  const path = join(directory, "program");
  const source = join(import.meta.dirname, "program.c");
  const { status, stderr, error } = spawnSync(compiler, [...strictFlags, "-O2", source, "-o", path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler} can't compile ${source}: ${error?.message ?? stderr}`);
  return path;
}

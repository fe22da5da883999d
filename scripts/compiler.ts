/** The C compiler and what every build of ours asks of it. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export const compiler = process.env.CC || "cc";

export const strictFlags: readonly string[] = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"];

/** Where node_api.h is. */
export const headers = "node_modules/node-api-headers/include";

/** The compiler's own first line about itself. Ends the script with one line where there is no compiler, or no headers. */
export function compilerVersion(): string {
  if (!existsSync(`${headers}/node_api.h`)) fail(`the Node-API headers are missing in ${headers}: run "npm ci" first`);
  const { status, stdout, error } = spawnSync(compiler, ["--version"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) {
    fail(
      `no C compiler: "${compiler}" ${error === undefined ? `ends with status ${status}` : "is not found"}; install gcc or clang, or set CC`,
    );
  }
  return stdout.split("\n")[0] ?? "";
}

function fail(message: string): never {
  console.error(`build: ${message}`);
  process.exit(1);
}

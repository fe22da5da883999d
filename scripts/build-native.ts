/**
 * Compiles the addon to build/daemonitor.node and the init program to
 * build/daemonitor-init. Needs a C compiler ($CC, or cc) and the Node-API
 * headers from node_modules; downloads nothing.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { compiler, compilerVersion, headers, strictFlags } from "./compiler.ts";
import { carries, fingerprint } from "./fingerprint.ts";
import "./root.ts";

interface Program {
  readonly target: string;
  readonly sources: readonly string[];
  readonly flags: readonly string[];
}

const hardened = "-Wl,-z,relro,-z,now";
const all = globSync("native/*.c");
const ofInit = globSync("native/{init,pump,frames}*.c");
/** The addon has these too. */
const shared = globSync(["native/plan*.c", "native/pidfd.c"]);

const addon: Program = {
  target: "build/daemonitor.node",
  sources: all.filter((file) => !ofInit.includes(file)),
  flags: ["-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-DNAPI_VERSION=9", "-I", headers, hardened],
};
/** Static: it needs no library at run time, so that an upgrade of the system can't hurt the one that runs, and takes less memory. */
const init: Program = {
  target: "build/daemonitor-init",
  sources: [...ofInit, ...shared],
  flags: ["-O2", "-static", "-ffunction-sections", "-Wl,--gc-sections", hardened],
};

const version = compilerVersion();
for (const program of [addon, init]) {
  if (program.sources.length > 0) build(program);
}

function build({ target, sources, flags: own }: Program): void {
  const flags = [...strictFlags, ...own];
  const mark = fingerprint([...sources, ...globSync("native/*.h")], [compiler, version, process.arch, ...flags, ...sources]);
  if (carries(target, Buffer.from(mark, "hex"))) return;
  mkdirSync("build", { recursive: true });
  // A name of its own and a rename: two builds at once can't see or spoil each other's half-written file,
  // and a process that has the old one loaded keeps its inode.
  const temporary = `${target}.${process.pid}`;
  // The mark travels inside the file as its build-id, so that file and mark can't disagree.
  const result = spawnSync(compiler, [...flags, `-Wl,--build-id=0x${mark}`, ...sources, "-o", temporary], { stdio: "inherit" });
  if (result.status === 0) {
    renameSync(temporary, target);
    return;
  }
  rmSync(temporary, { force: true });
  console.error(
    `build:native: ${compiler} could not compile ${target} (${result.error?.message ?? `status ${result.status}`}): see the lines above`,
  );
  process.exitCode = 1;
}

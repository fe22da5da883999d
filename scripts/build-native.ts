/**
 * Compiles the addon to build/daemonitor.node. Needs a C compiler ($CC, or cc)
 * and the Node-API headers from node_modules; downloads nothing.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { compiler, compilerVersion, headers, strictFlags } from "./compiler.ts";
import { carries, fingerprint } from "./fingerprint.ts";
import "./root.ts";

const target = "build/daemonitor.node";
/** These belong to the daemonitor-init program. */
const notInAddon = new Set(["native/init.c", "native/pump.c"]);

const flags = [...strictFlags, "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-DNAPI_VERSION=9", "-I", headers, "-Wl,-z,relro,-z,now"];
const sources = globSync("native/*.c").filter((file) => !notInAddon.has(file));

const mark = fingerprint([...sources, ...globSync("native/*.h")], [compiler, compilerVersion(), process.arch, ...flags, ...sources]);
if (!carries(target, Buffer.from(mark, "hex"))) build();

function build(): void {
  mkdirSync("build", { recursive: true });
  // A name of its own and a rename: two builds at once can't see or spoil each other's half-written file,
  // and a process that has the old one loaded keeps its inode.
  const temporary = `build/daemonitor.${process.pid}.node`;
  // The mark travels inside the file as its build-id, so that file and mark can't disagree.
  const result = spawnSync(compiler, [...flags, `-Wl,--build-id=0x${mark}`, ...sources, "-o", temporary], { stdio: "inherit" });
  if (result.status === 0) {
    renameSync(temporary, target);
    return;
  }
  rmSync(temporary, { force: true });
  console.error(
    `build:native: ${compiler} could not compile the native part (${result.error?.message ?? `status ${result.status}`}): see the lines above`,
  );
  process.exitCode = 1;
}

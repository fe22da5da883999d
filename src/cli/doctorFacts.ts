/** What `daemonitor doctor` looks up. It only looks: nothing is created, nothing is started but a program that ends at once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { dirname } from "node:path";
import { DaemonError, isSystemError } from "../launch/errors.ts";
import { initProgram, native } from "../native/addon.ts";
import type { SupervisorStatus } from "../supervisor/control.ts";
import type { Home } from "../supervisor/state/home.ts";
import { type FoundCgroup, findCgroup } from "../supervisor/tree/findCgroup.ts";
import { resourceNumber } from "../values/limits.ts";
import { bootFacts, bootOf } from "./enableFacts.ts";
import { type BootFacts, pathsOf } from "./enableSteps.ts";

export interface DirectoryFacts {
  readonly what: "run" | "state" | "log";
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  /** Bytes that we may still write. */
  readonly free: number;
  /** In memory: gone after a reboot. */
  readonly inMemory: boolean;
}

export interface DoctorFacts {
  readonly kernel: string;
  /** Why there are no pidfds, or null. */
  readonly noPidfd: string | null;
  /** Whether the exit status of a process that is no child of ours can be had. */
  readonly knowsExits: boolean;
  readonly node: string;
  readonly init: string | null;
  readonly uid: number;
  readonly user: string;
  readonly cgroup: FoundCgroup;
  /** Mount options of /proc. */
  readonly proc: string;
  readonly listsChildren: boolean;
  readonly openFiles: readonly [soft: number, hard: number];
  readonly processes: readonly [soft: number, hard: number];
  /** Pages; 0 is no limit. */
  readonly pipePages: number;
  readonly boot: BootFacts;
  /** The files that have this home started at boot. */
  readonly enabledBy: readonly string[];
  readonly directories: readonly DirectoryFacts[];
  readonly supervisor: SupervisorStatus | null;
  /** Why it can't be asked, where that is not because none runs. */
  readonly supervisorError: string | null;
}

export async function doctorFacts(env: NodeJS.ProcessEnv, home: Home): Promise<DoctorFacts> {
  const boot = bootFacts(env, home.uid);
  return {
    kernel: release(),
    ...(await pidfdFacts()),
    node: process.versions.node,
    init: attempt(initProgram, null),
    uid: home.uid,
    user: boot.user,
    cgroup: findCgroup("doctor"),
    proc: procOptions(attempt(() => readFileSync("/proc/self/mountinfo", "utf8"), "")),
    listsChildren: existsSync(`/proc/self/task/${process.pid}/children`),
    openFiles: native().limit(resourceNumber("nofile"), 0),
    processes: native().limit(resourceNumber("nproc"), 0),
    pipePages: Number(attempt(() => readFileSync("/proc/sys/fs/pipe-user-pages-soft", "utf8"), "0")),
    boot,
    enabledBy: enabledBy(boot, bootOf(env, home)),
    directories: (["run", "state", "log"] as const).map((what) => directoryFacts(what, home[what])),
    ...(await supervisorFacts(home)),
  };
}

/** The options of the /proc that is on top, from /proc/self/mountinfo. Pure. */
export function procOptions(mountinfo: string): string {
  const mounts = mountinfo.split("\n").map((line) => line.split(" "));
  return mounts.findLast((fields) => fields[4] === "/proc")?.at(-1) ?? "";
}

async function pidfdFacts(): Promise<Pick<DoctorFacts, "noPidfd" | "knowsExits">> {
  const child = spawn("/bin/sh", ["-c", "read line; exit 3"], { stdio: ["pipe", "ignore", "ignore"] });
  const ended = once(child, "exit");
  try {
    const pidfd = native().openPidfd(child.pid ?? 0);
    child.stdin.end();
    // Libuv has reaped it by then: that is when the kernel tells.
    await ended;
    return { noPidfd: null, knowsExits: attempt(() => native().exitStatusOf(pidfd), null) === 3 << 8 };
  } catch (error) {
    child.stdin.end();
    if (!isSystemError(error)) throw error;
    return { noPidfd: error.message, knowsExits: false };
  }
}

function directoryFacts(what: DirectoryFacts["what"], path: string): DirectoryFacts {
  let there = path;
  while (!existsSync(there) && there !== "/") there = dirname(there);
  const { bavail, bsize, type } = statfsSync(there);
  const writable = attempt(() => accessSync(there, constants.W_OK | constants.X_OK) === undefined, false);
  return { what, path, exists: there === path, writable, free: bavail * bsize, inMemory: type === TMPFS || type === RAMFS };
}

/** statfs(2). */
const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;

function enabledBy({ directories }: BootFacts, boot: { readonly name: string }): string[] {
  const links = (["system", "user"] as const).map((scope) => pathsOf(boot, { by: "systemd", scope, directory: directories[scope] }).link);
  return links.filter((path) => existsSync(path));
}

async function supervisorFacts(home: Home): Promise<Pick<DoctorFacts, "supervisor" | "supervisorError">> {
  const { connect } = await import("../api/connect.ts");
  try {
    const client = await connect(home, { start: "never", timeout: 3000 });
    return { supervisor: await client.about(), supervisorError: null };
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    return { supervisor: null, supervisorError: error.code === "ERR_NO_SUPERVISOR" ? null : error.message };
  }
}

function attempt<T, O>(look: () => T, otherwise: O): T | O {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** A program that writes into a log: through our pump, s6-log, pm2 or cat, or by itself. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "./benchmark.ts";
import { type Contender, now } from "./harness.ts";
import { locate, pm2Environment } from "./supervisorPeers.ts";
import { cpuOf, endProcessesOf, MARK } from "./supervisorProcesses.ts";
import { stampProgram } from "./supervisorStamps.ts";
import { newStamps, type Tree } from "./supervisorTree.ts";

/** Bytes of a line, where nothing else is said. */
export const LINE = 100;
const PATIENCE = 120_000;
const [PM2_PATIENCE, PM2_TRIES] = [20_000, 3];
/** Milliseconds between two looks at what has been written. */
const [SHORTEST_WAIT, LONGEST_WAIT] = [1, 50];
/** The most that s6-log takes. */
const LARGEST_SEGMENT = 268_435_455;

/** What is written: `count` lines of `size` bytes, one write(2) each. */
export interface Load {
  readonly count: number;
  readonly size: number;
  /** Bytes at which the log is put aside, by those who can; all archives are kept, uncompressed. Default: never. */
  readonly segment?: number;
}

/** What init took, summed up: milliseconds of a processor, and bytes that it moved. */
export interface Spent {
  ms: number;
  bytes: number;
}

export function ours(context: Context, tree: Tree, load: Load, cpu: Spent): Contender {
  let round = 0;
  return async () => {
    const name = `writer-${round++}`;
    const stamps = newStamps(tree.directory, 1);
    const before = cpuOf(tree.init);
    await tree.begin({
      [name]: {
        command: [stampProgram(context.directory)],
        cwd: tree.directory,
        env: { STAMPS: stamps.path, ...written(load), [MARK]: tree.directory },
        restart: "never",
        logs: { maxSize: load.segment ?? "unlimited", maxTotal: "unlimited", maxFiles: "unlimited", compress: false },
      },
    });
    const [stamp] = await stamps.atLeast(1, "the writer");
    stamps.close();
    const [service] = await tree.client.list(name);
    const path = service?.instances[0]?.log ?? "";
    const rate = await rateOf(path, load, stamp?.at);
    cpu.ms += cpuOf(tree.init) - before;
    cpu.bytes += load.count * load.size;
    await tree.client.act({ action: "delete", selector: name });
    rmSync(dirname(path), { recursive: true, force: true });
    return rate;
  };
}

/** Runs `start` with a directory and an environment in which a writer writes; it says where the bytes go. */
function writer(
  context: Context,
  load: Load,
  start: (directory: string, env: NodeJS.ProcessEnv) => string,
  patience = PATIENCE,
): Contender {
  return async () => {
    const directory = mkdtempSync(join(context.directory, "writer-"));
    const stamps = newStamps(directory, 1);
    try {
      const path = start(directory, { ...process.env, STAMPS: stamps.path, ...written(load), [MARK]: directory });
      const [stamp] = await stamps.atLeast(1, "the writer");
      return await rateOf(path, load, stamp?.at, patience);
    } finally {
      stamps.close();
      await endProcessesOf(directory);
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

export function direct(context: Context, load: Load): Contender {
  return writer(context, load, (directory, env) => {
    const path = join(directory, "log");
    const fd = openSync(path, "a");
    spawn(stampProgram(context.directory), { env, stdio: ["ignore", fd, "ignore"] });
    closeSync(fd);
    return path;
  });
}

/** s6-log. The shell makes the pipe: Node would make a pair of sockets. */
export function piped(context: Context, load: Load): Contender {
  return writer(context, load, (directory, env) => {
    const script = '"$0" | "$1" n10000 "s$3" "$2"';
    const log = join(directory, "log");
    const words = [stampProgram(context.directory), locate("s6-log") ?? "s6-log", log, String(load.segment ?? LARGEST_SEGMENT)];
    spawn("/bin/sh", ["-c", script, ...words], { env, stdio: "ignore" });
    return join(log, "current");
  });
}

/** cat(1), which can only append. */
export function throughCat(context: Context, load: Load): Contender {
  return writer(context, load, (directory, env) => {
    const path = join(directory, "log");
    spawn("/bin/sh", ["-c", '"$0" | cat > "$1"', stampProgram(context.directory), path], { env, stdio: "ignore" });
    return path;
  });
}

/**
 * It can't put anything aside by itself. Now and then it loses the last lines of a program that ends: such a round is
 * repeated, and told in `notes`.
 */
export function withPm2(context: Context, load: Load, notes: string[]): { readonly contender: Contender; end(): Promise<void> } {
  const home = mkdtempSync(join(context.directory, "pm2-"));
  const pm2 = (args: readonly string[], env: NodeJS.ProcessEnv) => {
    const { error, status, stderr } = spawnSync(locate("pm2") ?? "pm2", args, {
      env,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (error !== undefined || status !== 0) throw new Error(`pm2 ${args[0]} failed: ${error?.message ?? stderr.trim()}`);
  };
  const environment = pm2Environment(home);
  pm2(["ping"], environment);
  const write = writer(
    context,
    load,
    (directory, { STAMPS }) => {
      const path = join(directory, "log");
      const flags = ["--name", "writer", "--interpreter", "none", "--no-autorestart", "--merge-logs", "-o", path, "-e", "/dev/null"];
      pm2(["start", stampProgram(context.directory), ...flags], { ...environment, STAMPS, ...written(load) });
      return path;
    },
    PM2_PATIENCE,
  );
  return {
    async contender() {
      for (let tries = 1; ; tries++) {
        try {
          return await write();
        } catch (error) {
          if (!(error instanceof Incomplete) || tries === PM2_TRIES) throw error;
          notes.push(
            `pm2 lost ${error.missing.toLocaleString("en")} bytes of ${load.count.toLocaleString("en")} lines in a round, which was repeated`,
          );
        } finally {
          pm2(["delete", "writer"], environment);
        }
      }
    },
    end: () => endProcessesOf(home),
  };
}

class Incomplete extends Error {
  readonly missing: number;

  constructor(path: string, there: number, bytes: number) {
    super(`${path} has ${there} bytes, not ${bytes}`);
    this.missing = bytes - there;
  }
}

/** For the writer's environment. */
export function written({ count, size }: Load): Record<string, string> {
  return { WRITE_LINES: String(count), WRITE_SIZE: String(size) };
}

/**
 * Megabytes a second, when all is in the file, or in those beside it where it is put aside. It looks rarely while much is
 * missing: who looks takes the processor away from who writes.
 */
async function rateOf(path: string, { count, size, segment }: Load, begin = Number.NaN, patience = PATIENCE): Promise<number> {
  const bytes = count * size;
  const deadline = now() + patience;
  for (;;) {
    const there = segment === undefined ? sizeOf(path) : sizeOfAll(dirname(path));
    const spent = now() - begin;
    if (there === bytes) return bytes / 1000 / spent;
    // A file that is renamed meanwhile may be met twice, or not at all.
    if ((there > bytes && segment === undefined) || now() > deadline) throw new Incomplete(path, there, bytes);
    const rest = there === 0 ? LONGEST_WAIT : (spent * (bytes - there)) / there;
    await sleep(Math.min(Math.max(rest / 2, SHORTEST_WAIT), LONGEST_WAIT));
  }
}

/** Without indexes. Of a directory that isn't there yet, nothing. */
function sizeOfAll(directory: string): number {
  const files = (existsSync(directory) ? readdirSync(directory) : []).filter((file) => !file.endsWith(".index") && file !== "state");
  return files.reduce((sum, file) => sum + sizeOf(join(directory, file)), 0);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

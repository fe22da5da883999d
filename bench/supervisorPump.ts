/** One service's output on its way into its log. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Benchmark, type Context, times, type Verdict } from "./benchmark.ts";
import { type Contender, inTurn, now, type Stats } from "./harness.ts";
import { locate, pm2Environment } from "./supervisorPeers.ts";
import { cpuOf, endProcessesOf, MARK } from "./supervisorProcesses.ts";
import { stampProgram } from "./supervisorStamps.ts";
import { newStamps, type Tree, withTree } from "./supervisorTree.ts";

const LINE = 100;
/** s6-log puts a file aside at 256 MB at the latest. */
const LINES = 2_500_000;
const PATIENCE = 120_000;

const OURS = "ours, through the pump into the log";
const DIRECT = "the program itself, appending to a file";
const S6 = "s6-log, from a pipe";
const PM2 = "pm2";

export const supervisorPump: Benchmark = {
  name: "supervisor-pump",
  title: "one service's output into its log",
  method: `A C program writes ${LINES.toLocaleString("en")} lines of ${LINE} bytes (a fifth with --quick), one \`write(2)\` each: from its first act until the last byte is in the file. Nothing is put aside meanwhile, and nobody adds times to the lines.`,
  async run(context) {
    const lines = context.quick ? LINES / 5 : LINES;
    const notes: string[] = [];
    const results = await withTree(context, async (tree) => {
      const cpu = { ms: 0, bytes: 0 };
      const contenders: Record<string, Contender> = { [OURS]: ours(context, tree, lines, cpu), [DIRECT]: direct(context, lines) };
      if (locate("s6-log") === undefined) notes.push("s6-log is not installed, left out");
      else contenders[S6] = piped(context, lines);
      const pm2 = locate("pm2") === undefined ? undefined : withPm2(context, lines);
      if (pm2 === undefined) notes.push("pm2 is not installed, left out");
      else contenders[PM2] = pm2.contender;
      try {
        const measured = await inTurn<string>(contenders, { rounds: context.rounds(15), warmUp: 1 });
        notes.push(`our init took ${((cpu.ms / cpu.bytes) * 1e9).toFixed(0)} ms of a processor for each GB`);
        return measured;
      } finally {
        await pm2?.end();
      }
    });
    const { [OURS]: mine } = results;
    if (mine === undefined) throw new Error("ours was not measured");
    return {
      rows: Object.entries(results).map(([what, stats]) => ({ what, unit: "MB/s", stats, ratio: times(stats, mine) })),
      verdicts: [...verdict(results, S6, 1), ...verdict(results, PM2, 3)],
      notes,
    };
  },
};

function verdict({ [OURS]: mine, ...others }: Readonly<Record<string, Stats>>, name: string, atLeast: number): Verdict[] {
  const other = others[name];
  if (mine === undefined || other === undefined) return [];
  const claim = `output of ${LINE}-byte writes, against ${name}`;
  return [{ claim, measured: mine.median / other.median, target: { atLeast }, unit: "times" }];
}

function ours(context: Context, tree: Tree, lines: number, cpu: { ms: number; bytes: number }): Contender {
  let round = 0;
  return async () => {
    const name = `writer-${round++}`;
    const stamps = newStamps(tree.directory, 1);
    const before = cpuOf(tree.init);
    await tree.begin({
      [name]: {
        command: [stampProgram(context.directory)],
        cwd: tree.directory,
        env: { STAMPS: stamps.path, WRITE_LINES: lines, [MARK]: tree.directory },
        restart: "never",
        logs: { maxSize: "unlimited", maxTotal: "unlimited" },
      },
    });
    const [stamp] = await stamps.atLeast(1, "the writer");
    stamps.close();
    const [service] = await tree.client.list(name);
    const path = service?.instances[0]?.log ?? "";
    const rate = await rateOf(path, lines, stamp?.at);
    cpu.ms += cpuOf(tree.init) - before;
    cpu.bytes += lines * LINE;
    await tree.client.act({ action: "delete", selector: name });
    rmSync(path, { force: true });
    return rate;
  };
}

/** Runs `start` with a directory and an environment in which a writer writes; it says where the bytes go. */
function writer(context: Context, lines: number, start: (directory: string, env: NodeJS.ProcessEnv) => string): Contender {
  return async () => {
    const directory = mkdtempSync(join(context.directory, "writer-"));
    const stamps = newStamps(directory, 1);
    try {
      const path = start(directory, { ...process.env, STAMPS: stamps.path, WRITE_LINES: String(lines), [MARK]: directory });
      const [stamp] = await stamps.atLeast(1, "the writer");
      return await rateOf(path, lines, stamp?.at);
    } finally {
      stamps.close();
      await endProcessesOf(directory);
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

function direct(context: Context, lines: number): Contender {
  return writer(context, lines, (directory, env) => {
    const path = join(directory, "log");
    const fd = openSync(path, "a");
    spawn(stampProgram(context.directory), { env, stdio: ["ignore", fd, "ignore"] });
    closeSync(fd);
    return path;
  });
}

/** The shell makes the pipe: Node would make a pair of sockets. */
function piped(context: Context, lines: number): Contender {
  return writer(context, lines, (directory, env) => {
    const script = '"$0" | "$1" n1 s268435455 "$2"';
    spawn("/bin/sh", ["-c", script, stampProgram(context.directory), locate("s6-log") ?? "s6-log", join(directory, "log")], {
      env,
      stdio: "ignore",
    });
    return join(directory, "log/current");
  });
}

function withPm2(context: Context, lines: number): { readonly contender: Contender; end(): Promise<void> } {
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
  const write = writer(context, lines, (directory, { STAMPS, WRITE_LINES }) => {
    const path = join(directory, "log");
    const flags = ["--name", "writer", "--interpreter", "none", "--no-autorestart", "--merge-logs", "-o", path, "-e", "/dev/null"];
    pm2(["start", stampProgram(context.directory), ...flags], { ...environment, STAMPS, WRITE_LINES });
    return path;
  });
  return {
    contender: async () => {
      const rate = await write();
      pm2(["delete", "writer"], environment);
      return rate;
    },
    end: () => endProcessesOf(home),
  };
}

/** Megabytes a second, when the file has all lines. */
async function rateOf(path: string, lines: number, begin = Number.NaN): Promise<number> {
  const bytes = lines * LINE;
  const deadline = now() + PATIENCE;
  for (;;) {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size === bytes) return bytes / 1000 / (now() - begin);
    if (size > bytes || now() > deadline) throw new Error(`${path} has ${size} bytes, not ${bytes}`);
    await sleep(2);
  }
}

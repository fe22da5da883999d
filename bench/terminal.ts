/** The full-screen terminal view, on a terminal of its own. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../scripts/root.ts";
import { quote } from "../test/support/startedUnder.ts";
import type { Benchmark } from "./benchmark.ts";
import { inTurn, now, program, stats } from "./harness.ts";
import { cpuTicksOf } from "./supervisorProcesses.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const SERVICES = 100;
const FLOOR = "`node -e 0`";
const OURS = `\`daemonitor monitor\` of ${SERVICES} services, until they are on the screen`;
/** Until history, events and the first samples are there: what comes after that is what each second costs. */
const SETTLED = 5000;
/** Nobody waits that long for a screen. */
const PATIENCE = 30_000;

export const terminal: Benchmark = {
  name: "terminal",
  title: "`daemonitor monitor`, the full-screen view",
  method: `On a pseudo-terminal of script(1) of 80 by 24, whose own start is counted. Start-up: until the row of the first service is written. Refreshing: user and system time of the process over a minute (20 s with --quick) with a sample each second and nothing else going on, from /proc/PID/stat, as a share of one processor.`,
  async run(context) {
    return withTree(context, async (tree) => {
      const stamps = newStamps(tree.directory, SERVICES);
      await tree.apply(stampServices(context, tree.directory, { count: SERVICES, stamps }));
      stamps.close();
      const times = await inTurn(
        { [FLOOR]: program(process.execPath, ["-e", "0"]), [OURS]: () => startUp(tree) },
        { rounds: context.rounds(30) },
      );
      const ours = times[OURS];
      if (ours === undefined) throw new Error("ours was not measured");
      const seconds = context.quick ? 20 : 60;
      const share = await refreshing(tree, seconds);
      return {
        rows: [
          ...Object.entries(times).map(([what, each]) => ({ what, unit: "ms", stats: each }) as const),
          { what: `refreshing each second with ${SERVICES} services`, unit: "%", stats: stats([share]) },
        ],
        verdicts: [
          { claim: `\`monitor\` of ${SERVICES} services is on the screen`, measured: ours.median, target: { atMost: 400 }, unit: "ms" },
          {
            claim: `share of a processor of \`monitor\` at 1 s with ${SERVICES} services`,
            measured: share,
            target: { atMost: 3 },
            unit: "%",
          },
        ],
        notes: [`over ${seconds} s`],
      };
    });
  },
};

async function startUp(tree: Tree): Promise<number> {
  const begin = now();
  const view = await open(tree);
  const took = now() - begin;
  await view.quit();
  return took;
}

async function refreshing(tree: Tree, seconds: number): Promise<number> {
  const view = await open(tree);
  try {
    await sleep(SETTLED);
    const [before, begin] = [cpuTicksOf(view.pid()), now()];
    await sleep(seconds * 1000);
    return (100 * (cpuTicksOf(view.pid()) - before)) / (now() - begin);
  } finally {
    await view.quit();
  }
}

/** Resolves when the first service is on the screen. */
async function open(tree: Tree) {
  const pidFile = join(tree.directory, "monitor.pid");
  const argv = [process.execPath, join(root, "bin/daemonitor.cjs"), "monitor"].map(quote).join(" ");
  const command = `stty rows 24 cols 80; echo $$ >${quote(pidFile)}; exec ${argv}`;
  const child = spawn("script", ["-q", "-e", "-f", "-c", command, "/dev/null"], {
    env: { ...process.env, DAEMONITOR_HOME: join(tree.directory, "home"), SHELL: "/bin/sh", TERM: "xterm-256color" },
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let text = "";
    const patience = setTimeout(() => {
      child.kill();
      reject(new Error(`monitor showed no service: ${JSON.stringify(text.slice(-500))}`));
    }, PATIENCE);
    child.once("error", reject);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (!text.includes("service-0/0")) return;
      clearTimeout(patience);
      text = "";
      resolve();
    });
  });
  return {
    pid: () => Number(readFileSync(pidFile, "utf8")),
    quit: async () => {
      child.stdin.write("q");
      await ended;
    },
  };
}

/** What a look at a thousand processes costs the supervisor, beside those who look at all of them for a living. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Benchmark, times, type Verdict } from "./benchmark.ts";
import { answerOf, type Stats, stats } from "./harness.ts";
import { find } from "./peers.ts";

const PROCESSES = 1000;
/** Milliseconds of each second: 2 % of a processor. */
const MOST = 20;
const SERVICES = 100;
const PIDUSAGE = "4.1.0";

export const sampling: Benchmark = {
  name: "sampling",
  title: `a look at ${PROCESSES} processes`,
  method:
    "Processor time, user and system, of one look at a thousand sleeping processes. Ours is a pass of the supervisor's sampler as it makes one each second while somebody looks: ten instances of a hundred processes, the host, file systems. `top` and `pidusage` are measured as the time of many looks less that of one, divided by the looks; `ps` is a whole run.",
  async run(context) {
    const rounds = context.rounds(30);
    const fixture = join(import.meta.dirname, "fixtures/sampling.ts");
    const { times: ours } = answerOf(process.execPath, [fixture, String(PROCESSES), String(rounds), "100"]) as { times: readonly number[] };
    const own = stats(ours);
    const crowd = await gather();
    const rows: { what: string; unit: "ms"; stats: Stats; ratio: string }[] = [
      { what: "our sampler", unit: "ms", stats: own, ratio: "1.00×" },
    ];
    const notes: string[] = [];
    const add = (what: string, measured: Stats | string) => {
      if (typeof measured === "string") notes.push(measured);
      else rows.push({ what, unit: "ms", stats: measured, ratio: times(measured, own) });
    };
    try {
      add("`top -b -d 1`", top(3));
      add("`ps -eo pid,ppid,pcpu,rss,args`", ps(Math.max(3, Math.round(rounds / 6))));
      add(`pidusage ${PIDUSAGE} (pm2's)`, pidusage(context.directory, crowd.pids));
      if (find("monit") === undefined) notes.push("monit is left out: it is not installed");
    } finally {
      crowd.end();
    }
    const hour = answerOf(process.execPath, [
      "--expose-gc",
      join(import.meta.dirname, "fixtures/historyHour.ts"),
      String(SERVICES),
    ]) as number;
    const verdicts: Verdict[] = [
      { claim: `processor time of a look at ${PROCESSES} processes`, measured: own.median, target: { atMost: MOST }, unit: "ms" },
      { claim: `memory of an hour of ${SERVICES} services in the supervisor`, measured: hour, target: { atMost: 6 }, unit: "MB" },
    ];
    return { rows, verdicts, notes };
  },
};

/** A thousand processes that sleep. */
async function gather(): Promise<{ readonly pids: readonly number[]; end(): void }> {
  const script = `i=0; while [ $i -lt ${PROCESSES} ]; do sleep 1000 & echo $!; i=$((i + 1)); done; echo all; wait`;
  const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  while (!text.endsWith("all\n")) await sleep(50);
  return {
    pids: text
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 0),
    end: () => process.kill(-(child.pid ?? 0), "SIGKILL"),
  };
}

/** Processor time of a command's whole run, in ms, by the shell that waits for it. */
function cost(command: string): number {
  const { stdout } = spawnSync("bash", ["-c", `TIMEFORMAT='%U %S'; { time ${command} >/dev/null 2>&1; } 2>&1`], { encoding: "utf8" });
  const [user = Number.NaN, system = Number.NaN] = stdout.trim().split(" ").map(Number);
  return (user + system) * 1000;
}

function top(looks: number): Stats | string {
  if (find("top") === undefined) return "top is left out: it is not installed";
  const one = cost("top -b -d 1 -n 1");
  return stats(Array.from({ length: 3 }, () => (cost(`top -b -d 1 -n ${looks + 1}`) - one) / looks));
}

function ps(rounds: number): Stats | string {
  if (find("ps") === undefined) return "ps is left out: it is not installed";
  return stats(Array.from({ length: rounds }, () => cost("ps -eo pid,ppid,pcpu,rss,args")));
}

function pidusage(directory: string, pids: readonly number[]): Stats | string {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--no-save", "--loglevel=error", "--fetch-retries=1"];
  const { status } = spawnSync("npm", ["install", ...flags, `pidusage@${PIDUSAGE}`], { cwd: directory, timeout: 90_000, stdio: "ignore" });
  if (status !== 0) return "pidusage is left out: npm could not install it";
  const program = join(directory, "pidusage.cjs");
  writeFileSync(
    program,
    `const pidusage = require("pidusage");
const pids = ${JSON.stringify(pids)};
(async () => {
  const times = [];
  for (let look = -3; look < 10; look++) {
    const before = process.cpuUsage();
    await pidusage(pids);
    const { user, system } = process.cpuUsage(before);
    if (look >= 0) times.push((user + system) / 1000);
  }
  console.log(JSON.stringify(times));
  process.exit(0);
})();`,
  );
  return stats(answerOf(process.execPath, [program]) as readonly number[]);
}

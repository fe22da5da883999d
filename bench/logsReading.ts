/** `daemonitor logs` on a log with 20 archives: its end, the last minutes, a rare word; and how long a line takes to the screen. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/root.ts";
import { archiveName } from "../src/logs/segmentNames.ts";
import { type Benchmark, type Context, type Row, times, type Verdict } from "./benchmark.ts";
import { type Contender, inTurn, now, program, type Stats, stats } from "./harness.ts";
import { find } from "./peers.ts";

export const MB = 1024 * 1024;
export const ARCHIVES = 20;
const BIN = join(root, "bin/daemonitor.cjs");
/** The log is this many minutes long. */
const MINUTES = 210;
export const WORD = "needle-4711";
const [END, LAST_TEXT, LAST_MINUTES] = ["logs -n 100", "logs --since, the last MB", "logs --since 10min, large"];

export const logsReading: Benchmark = {
  name: "logs-reading",
  title: "reading logs: the end, the last minutes, a rare word, following",
  method:
    "The whole command on a log of plain text in a current segment and 20 archives of the same size, with an index, in the page cache. A hundredth of the size shows whether the size matters, to the same amount of text: the last MB is the last minutes of the small log and the last seconds of the large one, of which the last ten minutes are a whole segment. `tail` has the current segment only; `grep` has all files. The latency is from a write to the file until the line comes out of `daemonitor logs -f`, through a pipe.",
  async run(context) {
    // A tenth of it with --quick.
    const large = context.rounds(10) < 10 ? 200 : 2000;
    const homes = { small: join(context.directory, "small"), large: join(context.directory, "large") };
    const logs = { small: makeLog(homes.small, large / 100), large: makeLog(homes.large, large) };
    try {
      const ends = await inTurn(
        {
          "node -e 0": program(process.execPath, ["-e", "0"]),
          "tail -n 100": program("tail", ["-n", "100", join(homes.large, "log/web/0.log")]),
          ...Object.fromEntries(
            (["small", "large"] as const).flatMap((size) => [
              [`${END}, ${size}`, ours(homes[size], "-n", "100")],
              [`${LAST_TEXT}, ${size}`, ours(homes[size], "--since", logs[size].lastMegabyte, "--grep", WORD)],
            ]),
          ),
          [LAST_MINUTES]: ours(homes.large, "--since", "10min", "--grep", WORD),
        },
        { rounds: context.rounds(20) },
      );
      const grep = find("grep");
      const found = await inTurn(
        {
          ours: ours(homes.large, "--grep", WORD),
          ...(grep === undefined ? {} : { grep: program(grep, ["-h", WORD, ...logs.large.files]) }),
        } as Readonly<Record<string, Contender>>,
        { rounds: context.rounds(5), warmUp: 1 },
      );
      const searches: Searches = { ours: found.ours as Stats, grep: found.grep };
      const latency = await latencies(homes.small, context);
      const floor = ends["node -e 0"] as Stats;
      return { rows: rowsOf(ends, searches, latency, floor, large), verdicts: verdictsOf(ends, searches, latency, large) };
    } finally {
      for (const home of Object.values(homes)) rmSync(home, { recursive: true, force: true });
    }
  },
};

interface Searches {
  readonly ours: Stats;
  readonly grep: Stats | undefined;
}

function rowsOf(ends: Readonly<Record<string, Stats>>, searches: Searches, latency: Stats, floor: Stats, large: number): Row[] {
  return [
    ...Object.entries(ends).map(([what, one]) => ({ what: `\`${what}\``, unit: "ms" as const, stats: one, ratio: times(one, floor) })),
    { what: `\`logs --grep\` of a rare word in ${large} MB`, unit: "ms", stats: searches.ours },
    ...(searches.grep === undefined
      ? []
      : [{ what: "`grep`", unit: "ms" as const, stats: searches.grep, ratio: times(searches.grep, searches.ours) }]),
    { what: "a line to a follower's output", unit: "ms", stats: latency },
  ];
}

function verdictsOf(ends: Readonly<Record<string, Stats>>, searches: Searches, latency: Stats, large: number): Verdict[] {
  const median = (name: string) => ends[name]?.median ?? Number.NaN;
  return [
    ...[`${END}, large`, LAST_MINUTES].map((what) => soon(`\`${what}\` of ${large} MB`, median(what))),
    ...[END, LAST_TEXT].map((what) =>
      flat(`\`${what}\`, ${large} MB against a hundredth`, median(`${what}, large`), median(`${what}, small`)),
    ),
    ...(searches.grep === undefined
      ? []
      : [
          {
            claim: "speed of `logs --grep` against `grep`",
            measured: searches.grep.median / searches.ours.median,
            target: { atLeast: 0.5 },
            unit: "times",
          } as const,
        ]),
    { claim: "a line to a follower's output", measured: latency.median, target: { atMost: 20 }, unit: "ms" },
  ];
}

export function soon(claim: string, measured: number): Verdict {
  return { claim, measured, target: { atMost: 150 }, unit: "ms" };
}

export function flat(claim: string, large: number, small: number): Verdict {
  return { claim, measured: large / small, target: { atMost: 1.3 }, unit: "times" };
}

/** The whole command, in a home of its own. */
export function ours(home: string, ...args: readonly string[]): Contender {
  return () => {
    const start = now();
    const { status, stderr } = spawnSync(process.execPath, [BIN, "logs", ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, DAEMONITOR_HOME: home },
    });
    if (status !== 0) throw new Error(`logs ${args.join(" ")} ended with ${status}: ${stderr}`);
    return now() - start;
  };
}

/** A segment, and from when to when it was written to. */
export interface Piece {
  readonly path: string;
  readonly begin: number;
  readonly end: number;
}

/** Oldest first; the last one is written to. */
export function segments(home: string): Piece[] {
  const directory = join(home, "log/web");
  const step = (MINUTES * 60_000) / (ARCHIVES + 1);
  const first = Math.floor(Date.now() / 60_000) * 60_000 - MINUTES * 60_000;
  return Array.from({ length: ARCHIVES + 1 }, (_, index) => {
    const [begin, end] = [first + index * step, first + (index + 1) * step];
    return { path: join(directory, index === ARCHIVES ? "0.log" : archiveName("0", end)), begin, end };
  });
}

interface MadeLog {
  /** Their names depend on the time. */
  readonly files: readonly string[];
  readonly lastMegabyte: string;
}

/** @param megabytes of all of it */
function makeLog(home: string, megabytes: number): MadeLog {
  mkdirSync(join(home, "log/web"), { recursive: true });
  const line = "2026-11-22 some service says the same thing again and again, with a number behind it: ";
  const block = Buffer.from(Array.from({ length: 10_000 }, (_, index) => `${line}${String(index).padStart(12, "0")}\n`).join(""));
  const size = (megabytes * MB) / (ARCHIVES + 1);
  const pieces = segments(home);
  for (const { path, begin, end } of pieces) {
    const fd = openSync(path, "w");
    let written = 0;
    while (written < size) written += writeSync(fd, block, 0, Math.min(block.length, Math.ceil((size - written) / 100) * 100));
    written += writeSync(fd, `${WORD}\n`);
    closeSync(fd);
    writeIndex({ path, begin, end }, written);
  }
  return { files: pieces.map(({ path }) => path), lastMegabyte: lastMegabyte(pieces, megabytes) };
}

/** Since when there is a megabyte of so many, as `--since` takes it. */
export function lastMegabyte(pieces: readonly Piece[], megabytes: number): string {
  const end = pieces.at(-1)?.end ?? Number.NaN;
  return new Date(end - (MINUTES * 60_000) / megabytes).toISOString();
}

/** As if it had grown evenly to so many bytes. */
export function writeIndex({ path, begin, end }: Piece, bytes: number): void {
  const seconds = Math.floor((end - begin) / 1000);
  const index = Buffer.alloc(seconds * 16);
  for (let second = 0; second < seconds; second++) {
    index.writeBigUInt64LE(BigInt(Math.floor(begin + (second + 1) * 1000)), second * 16);
    index.writeBigUInt64LE(BigInt(Math.floor((bytes * (second + 1)) / seconds)), second * 16 + 8);
  }
  writeFileSync(`${path}.index`, index);
}

async function latencies(home: string, context: Context): Promise<Stats> {
  const child = spawn(process.execPath, [BIN, "logs", "-f", "-n", "1"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, DAEMONITOR_HOME: home },
  });
  const path = join(home, "log/web/0.log");
  try {
    await nextOutput(child);
    const samples: number[] = [];
    for (let round = 0; round < context.rounds(50); round++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const start = now();
      const seen = nextOutput(child);
      appendFileSync(path, `line ${round}\n`);
      await seen;
      samples.push(now() - start);
    }
    return stats(samples);
  } finally {
    child.kill("SIGKILL");
  }
}

function nextOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("daemonitor logs -f ended"));
    child.once("exit", ended);
    child.stdout?.once("data", () => {
      child.off("exit", ended);
      resolve();
    });
  });
}

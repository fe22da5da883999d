/** `daemonitor logs` on a log whose archives are compressed: a rare word, the end, the last minutes. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type Benchmark, type Context, times, type Verdict } from "./benchmark.ts";
import { inTurn, program, type Stats } from "./harness.ts";
import { ARCHIVES, flat, lastMegabyte, MB, ours, segments, soon, WORD, writeIndex } from "./logsReading.ts";
import { find } from "./peers.ts";

const LINE = 100;
const OURS = "logs --grep, archives compressed";
const GREP = "grep, the same text uncompressed";
const ZSTDGREP = "zstdgrep, archives compressed";

export const logsArchives: Benchmark = {
  name: "logs-archives",
  title: "reading logs whose archives are compressed",
  method: `The whole command on ${ARCHIVES} archives compressed with zstd and a current segment of the same size, plain text with an index, of lines that differ as those of a web server do, all in the page cache. \`grep\` has the same text uncompressed. A hundredth of the size shows whether the size matters, to the same amount of text. "Just rotated": the current segment is empty, so that an archive has to be unpacked.`,
  async run(context) {
    // A tenth of it with --quick.
    const scale = context.quick ? 0.1 : 1;
    const searched = await searches(context, 1000 * scale);
    const [small, large] = [20 * scale, 2000 * scale];
    const ends = await endsOf(context, small, large);
    const { [OURS]: mine, [GREP]: grep } = searched;
    return {
      rows: [
        ...Object.entries(searched).map(([what, stats]) => ({
          what: `\`${what.split(",")[0]}\`,${what.split(",")[1]}, ${1000 * scale} MB`,
          unit: "ms" as const,
          stats,
          ...(mine === undefined ? {} : { ratio: times(stats, mine) }),
        })),
        ...Object.entries(ends).map(([what, stats]) => ({ what, unit: "ms" as const, stats })),
      ],
      verdicts: [...searchVerdict(mine, grep), ...endVerdicts(ends, small, large)],
      notes: [`segments are searched at once on as many of the ${availableParallelism()} processors as there are, four at the most`],
    };
  },
};

function searchVerdict(mine: Stats | undefined, grep: Stats | undefined): Verdict[] {
  if (mine === undefined || grep === undefined) return [];
  const claim = "speed of `logs --grep` in compressed archives against `grep` in the same text uncompressed";
  return [{ claim, measured: grep.median / mine.median, target: { atLeast: 0.5 }, unit: "times" }];
}

async function searches(context: Context, megabytes: number): Promise<Readonly<Record<string, Stats>>> {
  const home = join(context.directory, "searched");
  try {
    const { packed, plain } = makeLog(home, megabytes, true);
    const [grep, zstdgrep] = [find("grep"), find("zstdgrep")];
    return await inTurn<string>(
      {
        [OURS]: ours(home, "--grep", WORD),
        ...(grep === undefined ? {} : { [GREP]: program(grep, ["-h", WORD, ...plain]) }),
        ...(zstdgrep === undefined ? {} : { [ZSTDGREP]: program(zstdgrep, ["-h", WORD, ...packed]) }),
      },
      { rounds: context.rounds(10), warmUp: 1 },
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const [END, LAST_TEXT, LAST_MINUTES] = ["`logs -n 100`", "`logs --since`, the last MB", "`logs --since 10min`"];

async function endsOf(context: Context, small: number, large: number): Promise<Readonly<Record<string, Stats>>> {
  const homes = { small: join(context.directory, "small"), large: join(context.directory, "large") };
  try {
    const since = { small: makeLog(homes.small, small, false).lastMegabyte, large: makeLog(homes.large, large, false).lastMegabyte };
    const rounds = { rounds: context.rounds(20) };
    const usual = await inTurn<string>(
      {
        [named(END, small)]: ours(homes.small, "-n", "100"),
        [named(END, large)]: ours(homes.large, "-n", "100"),
        [named(LAST_TEXT, small)]: ours(homes.small, "--since", since.small, "--grep", WORD),
        [named(LAST_TEXT, large)]: ours(homes.large, "--since", since.large, "--grep", WORD),
        [named(LAST_MINUTES, large)]: ours(homes.large, "--since", "10min", "--grep", WORD),
      },
      rounds,
    );
    for (const home of Object.values(homes)) truncateSync(join(home, "log/web/0.log"));
    const rotated = await inTurn<string>(
      {
        [named("`logs -n 100`, just rotated", small)]: ours(homes.small, "-n", "100"),
        [named("`logs -n 100`, just rotated", large)]: ours(homes.large, "-n", "100"),
      },
      rounds,
    );
    return { ...usual, ...rotated };
  } finally {
    for (const home of Object.values(homes)) rmSync(home, { recursive: true, force: true });
  }
}

function endVerdicts(ends: Readonly<Record<string, Stats>>, small: number, large: number): Verdict[] {
  const median = (what: string, size: number) => ends[named(what, size)]?.median ?? Number.NaN;
  return [
    ...[END, LAST_MINUTES].map((what) => soon(`${what} of ${large} MB in compressed archives`, median(what, large))),
    ...[END, LAST_TEXT].map((what) =>
      flat(`${what} in compressed archives, ${large} MB against a hundredth`, median(what, large), median(what, small)),
    ),
  ];
}

function named(what: string, megabytes: number): string {
  return `${what}, ${megabytes} MB`;
}

interface MadeLog {
  readonly packed: readonly string[];
  readonly plain: readonly string[];
  readonly lastMegabyte: string;
}

/** @param keepPlain the same text uncompressed, too */
function makeLog(home: string, megabytes: number, keepPlain: boolean): MadeLog {
  const directory = join(home, "plain");
  mkdirSync(join(home, "log/web"), { recursive: true });
  mkdirSync(directory);
  const text = Buffer.from(`${textOf(Math.ceil((megabytes * MB) / (ARCHIVES + 1) / LINE))}${WORD}\n`);
  const packedText = zstdCompressSync(text);
  const pieces = segments(home);
  const files = pieces.map((piece, number) => {
    const isCurrent = number === ARCHIVES;
    const packed = isCurrent ? piece.path : `${piece.path}.zst`;
    writeFileSync(packed, isCurrent ? text : packedText);
    writeIndex(piece, text.length);
    const plain = join(directory, String(number));
    if (keepPlain) writeFileSync(plain, text);
    return { packed, plain };
  });
  return {
    packed: files.map(({ packed }) => packed),
    plain: files.map(({ plain }) => plain),
    lastMegabyte: lastMegabyte(pieces, megabytes),
  };
}

/** Lines of 100 bytes that zstd makes four times smaller, as it does with those of web servers. */
function textOf(lines: number): string {
  const words = ["GET /api/orders/", "POST /api/users/", "connection from ", "timeout after ", "cache miss for ", "wrote segment "];
  const parts: string[] = [];
  // A generator of our own, so that each run has the same text.
  let state = 0x2545f491;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let number = 0; number < lines; number++) {
    const time = new Date(1_795_356_000_000 + number * 10).toISOString();
    const id = `${next().toString(16).padStart(8, "0")}${next().toString(16).padStart(8, "0")}`;
    const text = `${time} INFO  worker-${next() % 16} ${words[next() % 6]}${id} status=200 took=${next() % 97}ms`;
    parts.push(`${text.padEnd(LINE - 1, ".")}\n`);
  }
  return parts.join("");
}

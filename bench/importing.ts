/** What a program pays for importing the library, whether or not it calls anything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Row, Verdict } from "./benchmark.ts";
import { answerOf, type Contender, inTurn, now, type Stats, stats } from "./harness.ts";

const MB = 2 ** 20;

type Way = "module" | "commonJs";
type What = "nothing" | "emptyPackage" | "ours";

const LABELS: Readonly<Record<Way, Readonly<Record<What, string>>>> = {
  module: { nothing: "an empty module", emptyPackage: "`import` of an empty package", ours: '`import "daemonitor"`' },
  commonJs: { nothing: "an empty CommonJS script", emptyPackage: "`require` of an empty package", ours: '`require("daemonitor")`' },
};
const SPECIFIERS: Readonly<Record<What, string | undefined>> = { nothing: undefined, emptyPackage: "empty-package", ours: "daemonitor" };

interface Costs {
  readonly ms: Stats;
  /** Resident memory that is the process's own, and all of it. */
  readonly own: Stats;
  readonly resident: Stats;
}

export const importing: Benchmark = {
  name: "import",
  title: "importing the library",
  method:
    "Programs with nothing in them and the same with the import, from start to exit; each prints its resident memory at the end. The cost is the difference of the medians. *Own* memory is RssAnon: heap and stacks. The rest of the resident memory is pages of files, above all of Node's executable, which all Node processes share; a program that loads any package touches more of them, as the empty package shows, which has `exports` for `import` and `require` as ours has.",
  async run(context) {
    writeEmptyPackage(context.directory);
    const ways = {
      module: await measure("module", context.directory, context.rounds(80)),
      commonJs: await measure("commonJs", context.directory, context.rounds(80)),
    };
    const rows = (Object.keys(ways) as Way[]).flatMap((way) =>
      (Object.keys(SPECIFIERS) as What[]).flatMap((what): Row[] => [
        { what: LABELS[way][what], unit: "ms", stats: ways[way][what].ms },
        { what: "… own memory", unit: "MB", stats: ways[way][what].own },
        { what: "… resident memory", unit: "MB", stats: ways[way][what].resident },
      ]),
    );
    const { nothing, ours } = ways.module;
    return { rows, verdicts: [cost("time", ours.ms, nothing.ms, 5, "ms"), cost("own memory", ours.own, nothing.own, 2, "MB")] };
  },
};

async function measure(way: Way, directory: string, rounds: number): Promise<Record<What, Costs>> {
  const memory = { nothing: samples(), emptyPackage: samples(), ours: samples() };
  const contender = (what: What): Contender => {
    const path = writeScript(directory, way, what);
    return () => {
      const start = now();
      const [own, resident] = answerOf(process.execPath, [path]) as [number, number];
      const took = now() - start;
      memory[what].own.push(own / 1024);
      memory[what].resident.push(resident / MB);
      return took;
    };
  };
  const time = await inTurn(
    { nothing: contender("nothing"), emptyPackage: contender("emptyPackage"), ours: contender("ours") },
    { rounds },
  );
  const costs = (what: What): Costs => ({
    ms: time[what],
    own: stats(memory[what].own.slice(-rounds)),
    resident: stats(memory[what].resident.slice(-rounds)),
  });
  return { nothing: costs("nothing"), emptyPackage: costs("emptyPackage"), ours: costs("ours") };
}

function samples(): { own: number[]; resident: number[] } {
  return { own: [], resident: [] };
}

/** Each prints the same, so printing is no difference. */
function writeScript(directory: string, way: Way, what: What): string {
  const specifier = SPECIFIERS[what];
  const path = join(directory, `import-${what}.${way === "module" ? "mjs" : "cjs"}`);
  const lines =
    way === "module"
      ? ['import { readFileSync, writeSync } from "node:fs";', ...(specifier === undefined ? [] : [`import "${specifier}";`])]
      : ['const { readFileSync, writeSync } = require("node:fs");', ...(specifier === undefined ? [] : [`require("${specifier}");`])];
  const report =
    'writeSync(1, JSON.stringify([/RssAnon:(.*)kB/.exec(readFileSync("/proc/self/status", "utf8"))[1] * 1, process.memoryUsage.rss()]));';
  writeFileSync(path, [...lines, report, ""].join("\n"));
  return path;
}

function writeEmptyPackage(directory: string): void {
  const folder = join(directory, "node_modules", "empty-package");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "exports": { ".": { "default": "./index.cjs" } } }\n');
  writeFileSync(join(folder, "index.cjs"), '"use strict";\n');
}

function cost(what: string, withImport: Stats, without: Stats, atMost: number, unit: "ms" | "MB"): Verdict {
  return {
    claim: `\`import "daemonitor"\` over an empty program, ${what}`,
    measured: withImport.median - without.median,
    target: { atMost },
    unit,
  };
}

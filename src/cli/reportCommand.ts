/** `daemonitor report`: the last day on one page. */
import { join, resolve } from "node:path";
import { OptionError } from "../launch/errors.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo, ownHome } from "./connect.ts";
import { exclude, flagValue } from "./flagValues.ts";
import { print, printJson } from "./output.ts";
import { writeOutput } from "./report/writeOutput.ts";

const FORMATS = ["html", "markdown"] as const;
type Format = (typeof FORMATS)[number];

const FLAGS = {
  format: { value: "FORMAT", describe: `${FORMATS.join(" or ")}; without it, as the file of --output is called, else html` },
  since: { value: "T", describe: "how far back it goes, such as 12h or 7d", default: "1d" },
  output: { short: "o", value: "FILE", describe: "write it there, whole or not at all, instead of printing it" },
  history: { value: "DIR", describe: "the dashboard's history; without it, dashboard in the supervisor's state directory" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

const LONGEST = 31 * 86_400_000;
const SHORTEST = 60_000;

export const reportCommand: Command<keyof typeof FLAGS> = {
  name: "report",
  summary: "write the last day on one page: restarts, biggest consumers, disks, checks, alerts",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "The page needs nothing else: no network, no script. It says what it can't know. The supervisor keeps an hour of figures and the latest events; where a dashboard runs (daemonitor dashboard --service), its history has a month, with the growth of disks.",
    "The growth, the rate and the forecast of a disk are the file system's, whoever wrote there.",
  ],
  examples: [
    { does: "for a browser", command: "daemonitor report -o report.html" },
    { does: "for a mail or an issue, about a week", command: "daemonitor report --format markdown --since 7d" },
    { does: "for programs", command: "daemonitor report --json" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  exclude(args, "format", "json");
  const now = Date.now();
  const since = now - spanOf(args.text("since") ?? FLAGS.since.default);
  const output = args.text("output");
  const format = formatOf(args.text("format"), output);
  const historyDirectory = resolve(args.text("history") ?? join(ownHome().state, "dashboard"));
  const client = await connectTo("after crash");
  const { gatherFacts } = await import("./report/facts.ts");
  const facts = await gatherFacts(client, { since, historyDirectory });
  client.close();
  const { reportOf } = await import("./report/report.ts");
  const { report, drawn } = reportOf(facts);
  if (args.has("json") && output === undefined) printJson(report);
  else {
    const text = args.has("json") ? `${JSON.stringify(report)}\n` : await written(format, { report, drawn });
    if (output === undefined) print(text);
    else writeOutput(resolve(output), text);
  }
  return 0;
}

async function written(format: Format, { report, drawn }: ReturnType<typeof import("./report/report.ts").reportOf>): Promise<string> {
  const { documentOf } = await import("./report/document.ts");
  if (format === "markdown") return (await import("./report/markdown.ts")).markdownOf(documentOf(report));
  return (await import("./report/html.ts")).htmlOf(documentOf(report, drawn));
}

function spanOf(text: string): number {
  const span = flagValue("since", () => parseDuration(text));
  if (span >= SHORTEST && span <= LONGEST) return span;
  throw new OptionError("--since", `--since: give a time from 1min to 31d, not ${formatDuration(span)}`);
}

function formatOf(given: string | undefined, output: string | undefined): Format {
  if (given === undefined) return /\.(?:md|markdown)$/i.test(output ?? "") ? "markdown" : "html";
  const found = FORMATS.find((format) => format === given);
  if (found !== undefined) return found;
  throw new OptionError("--format", `--format: ${JSON.stringify(given)} is not ${FORMATS.join(" or ")}`);
}

/** `daemonitor logs`: what services wrote, and what they write. */
import { OptionError } from "../launch/errors.ts";
import { type Filter, parseGrep } from "../logs/readFilter.ts";
import { LEVEL_WORDS, levelOf } from "../logs/readLevels.ts";
import { parseMoment } from "../logs/readMoment.ts";
import { nearest } from "../values/nearest.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { exclude, flagValue } from "./flagValues.ts";
import type { Wanted } from "./logsWanted.ts";
import { wordsOf } from "./selectors.ts";

const FLAGS = {
  follow: { short: "f", describe: "go on with what they write, until Ctrl-C" },
  lines: {
    short: "n",
    value: "N",
    describe: 'the last N lines of each instance, or "all" (default: 15; all with --since, --until, --grep or --level, unless --follow)',
  },
  since: { value: "TIME", describe: 'written at TIME or later: "10min" (ago), "yesterday", "14:30", "2026-11-22 14:30", "@1763820000"' },
  until: { value: "TIME", describe: "written before TIME" },
  grep: { short: "g", value: "PATTERN", describe: 'that match a regular expression; "field=value" also finds that field in lines of JSON' },
  "ignore-case": { short: "i", describe: "with --grep: capitals or not is the same" },
  level: { short: "l", value: "LEVEL", describe: `of that level or worse: ${LEVEL_WORDS.join(", ")}` },
  instance: { value: "N", describe: "of the instances with that number only" },
  stdout: { describe: "only standard output, where standard error is separate" },
  stderr: { describe: "only standard error, where it is separate" },
  timestamps: { short: "t", describe: "show when each line was written, to about a second" },
  raw: { describe: "byte for byte: no names, no colours, lines of JSON as they are" },
  json: { describe: "print one JSON object a line, errors too" },
  "no-color": { describe: "no colours, also none of the services themselves" },
} as const satisfies Record<string, Flag>;

export type LogsFlag = keyof typeof FLAGS;

export const logsCommand: Command<LogsFlag> = {
  name: "logs",
  summary: "show what services wrote, and follow what they write",
  usage: "[SELECTOR…] [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all", which is the default. Several are shown as one, by time. Archives are read too, compressed or not. It reads the files itself, and needs no supervisor.',
    "Lines of JSON (pino, bunyan, winston …) are shown as time, level, message and fields. The level of other lines is a word such as WARN, [error] or error: near their beginning; a line without one is info, and one that begins with a blank has the level of the line before it.",
  ],
  examples: [
    { does: "the last lines of everything, and what comes", command: "daemonitor logs -f" },
    { does: "the last hundred of one service", command: "daemonitor logs web -n 100" },
    { does: "what went wrong since yesterday", command: "daemonitor logs --since yesterday --level error" },
    { does: "one request, in lines of JSON", command: "daemonitor logs 'api-*' --grep req.id=4711" },
    { does: "for programs", command: "daemonitor logs web --since 1h --json" },
  ],
  run,
};

async function run(args: Arguments<LogsFlag>): Promise<number> {
  const wanted = wantedOf(args, Date.now());
  const { showLogs } = await import("./logsShow.ts");
  return showLogs(wanted);
}

/** @throws OptionError that names the flag */
export function wantedOf(args: Arguments<LogsFlag>, now: number): Wanted {
  for (const [one, other] of [
    ["stdout", "stderr"],
    ["raw", "json"],
    ["follow", "until"],
    ["raw", "timestamps"],
  ] as const)
    exclude(args, one, other);
  const moment = (flag: "since" | "until") => {
    const text = args.text(flag);
    return text === undefined ? undefined : flagValue(flag, () => parseMoment(text, now));
  };
  const [since, until] = [moment("since"), moment("until")];
  if (since !== undefined && until !== undefined && since >= until) throw new OptionError("--since", "--since is not before --until");
  const grep = args.text("grep");
  const ignoreCase = args.has("ignore-case");
  if (ignoreCase && grep === undefined) throw new OptionError("--ignore-case", "--ignore-case is for --grep, which is not given");
  const filter: Filter = {
    grep: grep === undefined ? undefined : flagValue("grep", () => parseGrep(grep, { ignoreCase })),
    level: levelAsked(args.text("level")),
  };
  const follow = args.has("follow");
  const all = since !== undefined || (!follow && (until !== undefined || filter.grep !== undefined || filter.level !== undefined));
  return {
    words: wordsOf(args.operands),
    follow,
    lines: linesAsked(args.text("lines")) ?? (all ? Number.POSITIVE_INFINITY : 15),
    since,
    until,
    filter,
    instance: instanceAsked(args.text("instance")),
    only: args.has("stdout") ? "stdout" : args.has("stderr") ? "stderr" : undefined,
    form: args.has("raw") ? "raw" : args.has("json") ? "json" : "text",
    timestamps: args.has("timestamps"),
    colours: !args.has("no-color"),
  };
}

function linesAsked(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new OptionError("--lines", `--lines: ${JSON.stringify(text)} is neither a number of lines nor "all"`);
}

function instanceAsked(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text;
  throw new OptionError(
    "--instance",
    `--instance: ${JSON.stringify(text)} is not the number of an instance; a service is named without a flag`,
  );
}

function levelAsked(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const level = levelOf(/^\d\d$/.test(text) ? Number(text) : text);
  if (level !== undefined) return level;
  const near = nearest(text, LEVEL_WORDS);
  const hint = near === undefined ? `they are ${LEVEL_WORDS.join(", ")}` : `did you mean ${near}?`;
  throw new OptionError("--level", `--level: ${JSON.stringify(text)} is no level: ${hint}`);
}

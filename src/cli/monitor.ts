/** `daemonitor monitor`: the full-screen terminal view. */
import { constants } from "node:os";
import { isatty } from "node:tty";
import { DaemonError, EXIT, OptionError } from "../launch/errors.ts";
import { monitor } from "../tui/monitor.ts";
import { abilitiesOf } from "../tui/palette.ts";
import type { Wording } from "../tui/wording.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import { formatSize } from "../values/formatSize.ts";
import { cut, harmless, textWidth } from "../values/textWidth.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { connectTo } from "./connect.ts";
import { describeLines } from "./describeText.ts";
import { eventLine, subjectOf } from "./eventText.ts";
import { flagValue, secondsUnlessSaid } from "./flagValues.ts";
import type { Paint } from "./paint.ts";
import { wordsOf } from "./selectors.ts";
import { whyLines } from "./whyText.ts";

const FLAGS = {
  interval: { short: "i", value: "T", describe: "the time between two samples, in whole seconds", default: "1s" },
} as const satisfies Record<string, Flag>;

const LONGEST = 3_600_000;

export const monitorCommand: Command<keyof typeof FLAGS> = {
  name: "monitor",
  summary: "watch and control services on the whole terminal",
  usage: "[FILTER] [options]",
  flags: FLAGS,
  operands: 1,
  notes: [
    "Shows what services, the machine and its file systems use, and the log and the events of the selected instance. Starts, stops, restarts and reloads services by a key, once you have said y. FILTER is a part of names or states. ? shows the keys, q ends it.",
    'Needs a terminal. Elsewhere "daemonitor status --watch" prints again and again, and "daemonitor top --json" is for programs.',
  ],
  examples: [
    { does: "look on", command: "daemonitor monitor" },
    { does: "only what has failed", command: "daemonitor monitor failed" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const interval = intervalOf(args.text("interval") ?? FLAGS.interval.default);
  const abilities = isatty(0) && isatty(1) ? abilitiesOf(process.env) : undefined;
  if (abilities === undefined) throw noTerminal();
  // Before the screen is taken, so that a mistake is told on the usual one.
  const client = await connectTo("after crash");
  return monitor({ client, interval, abilities, wording, filter: wordsOf(args.operands)[0] ?? "" });
}

function noTerminal() {
  const dumb = isatty(0) && isatty(1);
  const what = dumb
    ? `a terminal whose cursor can be moved is needed, and TERM is ${JSON.stringify(process.env.TERM ?? "")}`
    : "standard input and output have to be a terminal";
  return new DaemonError({
    ...{ step: "monitor", code: "ENOTTY", errno: constants.errno.ENOTTY, exitCode: EXIT.unavailable, strerror: what },
    hint: 'use "daemonitor status --watch", or "daemonitor top --json" for programs',
  });
}

/** Whole seconds. */
function intervalOf(text: string): number {
  const interval = flagValue("interval", () => parseDuration(secondsUnlessSaid(text)));
  if (interval >= 1000 && interval <= LONGEST && interval % 1000 === 0) return interval / 1000;
  throw new OptionError("--interval", `--interval: give whole seconds, from 1s to 1h, not ${formatDuration(interval)}`);
}

const same = (text: string) => text;
/** The view has colours of its own. */
const plain: Paint = { bold: same, dim: same, red: same, state: () => same };

/** What the view shares with the commands that print lines. */
export const wording: Wording = {
  harmless,
  width: textWidth,
  cut,
  size: formatSize,
  event: (event, now) => eventLine(event, { now, paint: plain }),
  subject: subjectOf,
  why: (explanation, now) => whyLines(explanation, { now, paint: plain }),
  describe: (service, now) => describeLines(service, { now, paint: plain }),
};

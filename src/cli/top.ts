/** `daemonitor top`: what services, the machine and its disks use, sample after sample. */
import { OptionError } from "../launch/errors.ts";
import type { MonitorSample } from "../monitor/sample.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { connectTo } from "./connect.ts";
import { flagValue, secondsUnlessSaid } from "./flagValues.ts";
import { paintFor } from "./paint.ts";
import { printOn } from "./printOn.ts";
import { isSelected, wordsOf } from "./selectors.ts";
import { terminalSize } from "./terminal.ts";
import { topLines } from "./topTable.ts";

const FLAGS = {
  interval: { short: "i", value: "T", describe: "the time between two samples, in whole seconds", default: "1s" },
  count: { short: "n", value: "N", describe: "end after so many samples; without it, go on until Ctrl-C" },
  json: { describe: "print one JSON object a line, errors too" },
} as const satisfies Record<string, Flag>;

const LONGEST = 3_600_000;

export const topCommand: Command<keyof typeof FLAGS> = {
  name: "top",
  summary: "show what services, the machine and its disks use, by the second",
  usage: "[SELECTOR…] [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    "Each instance with all its processes; CPU in percent of one processor, so 250% is two and a half of them. READ and WRITE are bytes a second from and to disks. A file system shows when it will be full, if it fills at the rate of the last hour.",
    "With --json each line is a whole sample, as docs/monitor.md describes it.",
  ],
  examples: [
    { does: "look on", command: "daemonitor top" },
    { does: "one look at some services", command: "daemonitor top 'web-*' --count 1" },
    { does: "for programs: a sample each 10 s", command: "daemonitor top --json --interval 10s" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const interval = intervalOf(args.text("interval") ?? FLAGS.interval.default);
  const count = countOf(args.text("count"));
  const selectors = wordsOf(args.operands);
  const client = await connectTo("after crash");
  // A selector that means nothing is a mistake, and told before anything else.
  for (const selector of selectors) await client.list(selector);
  const paint = paintFor(1);
  let left = count;
  for await (const whole of client.samples({ interval })) {
    const sample = selectors.length === 0 ? whole : only(whole, selectors);
    const text = args.has("json")
      ? JSON.stringify(sample)
      : topLines(sample, { paint, width: terminalSize(1)?.columns })
          .join("\n")
          .concat(left === 1 ? "" : "\n");
    left -= 1;
    if (!printOn(`${text}\n`) || left <= 0) break;
  }
  client.close();
  return 0;
}

function only(sample: MonitorSample, selectors: readonly string[]): MonitorSample {
  return { ...sample, instances: sample.instances.filter(({ name }) => isSelected(name, selectors)) };
}

/** Whole seconds. */
function intervalOf(text: string): number {
  const interval = flagValue("interval", () => parseDuration(secondsUnlessSaid(text)));
  if (interval >= 1000 && interval <= LONGEST && interval % 1000 === 0) return interval / 1000;
  throw new OptionError("--interval", `--interval: give whole seconds, from 1s to 1h, not ${formatDuration(interval)}`);
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OptionError("--count", `--count: ${JSON.stringify(text)} is not a number of samples: give 1 or more`);
}

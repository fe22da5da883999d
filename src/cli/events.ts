/** `daemonitor events`: what happened, and what happens. */
import { OptionError } from "../launch/errors.ts";
import type { SupervisorEvent } from "../supervisor/control.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { connectTo } from "./connect.ts";
import { eventLine, subjectOf } from "./eventText.ts";
import { paintFor } from "./paint.ts";
import { printOn } from "./printOn.ts";
import { isSelected, wordsOf } from "./selectors.ts";

const FLAGS = {
  follow: { short: "f", describe: "go on with those to come, until Ctrl-C" },
  after: { value: "N", describe: "those after the event with this number; 0 is all that are kept. With --follow alone: those from now on" },
  lines: { short: "n", value: "N", describe: "of those that there are, the last N" },
  json: { describe: "print one JSON object a line, errors too" },
} as const satisfies Record<string, Flag>;

export const eventsCommand: Command<keyof typeof FLAGS> = {
  name: "events",
  summary: "tell what happened to services, and go on telling",
  usage: "[SELECTOR…] [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    "Every change of state, every end of a process, every change of a service and who made it. Events have numbers without gaps, also over a restart of the supervisor; --json shows them.",
  ],
  examples: [
    { does: "what is kept", command: "daemonitor events" },
    { does: "the last ten of one service", command: "daemonitor events -n 10 web" },
    { does: "follow one service", command: "daemonitor events --follow web" },
    { does: "for programs: go on where you were", command: "daemonitor events --follow --after 4711 --json" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const after = numberOf(args, "after", "the number of an event");
  const lines = numberOf(args, "lines", "a number of events");
  const follow = args.has("follow");
  const selectors = wordsOf(args.operands);
  const client = await connectTo("after crash");
  const paint = paintFor(1);
  const isWanted = (event: SupervisorEvent) => {
    const subject = subjectOf(event);
    return selectors.length === 0 || (subject !== undefined && isAbout(subject, selectors));
  };
  const print = (event: SupervisorEvent) =>
    printOn(`${args.has("json") ? JSON.stringify(event) : eventLine(event, { now: Date.now(), paint })}\n`);
  let from = after;
  if (lines !== undefined) {
    const kept: SupervisorEvent[] = [];
    from ??= 0;
    for await (const event of client.events({ follow: false, after: from })) {
      from = event.seq;
      if (isWanted(event)) kept.push(event);
      if (kept.length > lines) kept.shift();
    }
    if (!kept.every(print) || !follow) return 0;
  }
  for await (const event of client.events({ follow, ...(from === undefined ? {} : { after: from }) })) {
    if (isWanted(event) && !print(event)) break;
  }
  return 0;
}

/** An event of a whole service concerns each of its instances. */
function isAbout(subject: string, selectors: readonly string[]): boolean {
  if (subject.includes("/")) return isSelected(subject, selectors);
  const services = selectors.map((selector) => selector.replace(/\/.*$/, ""));
  return isSelected(`${subject}/0`, services);
}

function numberOf(args: Arguments<keyof typeof FLAGS>, flag: "after" | "lines", what: string): number | undefined {
  const text = args.text(flag);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new OptionError(`--${flag}`, `--${flag}: ${JSON.stringify(text)} is not ${what}`);
}

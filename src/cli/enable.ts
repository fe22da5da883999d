/** `daemonitor enable`: has systemd or cron start the services at boot. */
import { isListening } from "../api/connect.ts";
import { ensureHome } from "../supervisor/state/home.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { ownHome } from "./connect.ts";
import { bootFacts, bootOf } from "./enableFacts.ts";
import { perform } from "./enablePerform.ts";
import { type BootStep, type BootTarget, chooseTarget, stepsToEnable } from "./enableSteps.ts";
import { tellDone, tellDryRun } from "./enableTell.ts";
import { exclude } from "./flagValues.ts";
import { print, printError, printJson } from "./output.ts";

const FLAGS = {
  system: { describe: "by the system's systemd; the default for root" },
  user: { describe: "by your own systemd; the default for others" },
  cron: { describe: "by a line in your crontab; the default where systemd doesn't run" },
  now: { describe: "start it at once as well" },
  "dry-run": { describe: "print what would be done, and do nothing" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const enableCommand: Command<keyof typeof FLAGS> = {
  name: "enable",
  summary: "start the services at boot",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "At boot the services come up that were up last. What is written where is told; doing it again changes nothing but what has changed. A unit is for one home: with DAEMONITOR_HOME, one of its own is made.",
    "It calls Node and daemonitor where they are now: do it again when they have moved.",
  ],
  examples: [
    { does: "for whoever you are", command: "daemonitor enable" },
    { does: "only look", command: "daemonitor enable --user --dry-run" },
  ],
  run,
};

function run(args: Arguments<keyof typeof FLAGS>): number {
  exclude(args, "system", "user");
  exclude(args, "system", "cron");
  exclude(args, "user", "cron");
  const home = ownHome();
  const facts = bootFacts(process.env, home.uid);
  const target = chooseTarget(facts, { system: args.has("system"), user: args.has("user"), cron: args.has("cron") });
  const isUp = isListening(home);
  const steps = stepsToEnable(bootOf(process.env, home), target, facts, args.has("now") && !isUp);
  if (args.has("dry-run")) {
    tellDryRun(steps, args.has("json"));
    return 0;
  }
  // cron's job writes its log there, before there is a supervisor that would make the directory.
  if (target.by === "cron") ensureHome(home);
  const done = steps.map((step) => ({ step, done: perform(step) }));
  if (args.has("json")) printJson({ enabled: true, by: target.by, steps: done });
  else {
    for (const { step, done: outcome } of done) tellDone(step, outcome);
    sayWhatFollows(target, steps, { systemd: facts.systemd, now: args.has("now"), isUp });
  }
  return 0;
}

interface Situation {
  readonly systemd: boolean;
  readonly now: boolean;
  readonly isUp: boolean;
}

function sayWhatFollows(target: BootTarget, steps: readonly BootStep[], { systemd, now, isUp }: Situation): void {
  if (target.by === "systemd" && !systemd) printError("systemd doesn't run here: it starts the services where it does\n");
  const isStarted = steps.some((step) => step.do === "run" && step.command.includes("start"));
  if (now && isUp) {
    printError('a supervisor runs already, and goes on; to hand over to the one of the boot: "daemonitor shutdown", then start that\n');
  } else if (now && !isStarted) {
    printError('--now: there is nobody here who could start it as at boot; any "daemonitor start" does\n');
  }
  print(`${isStarted ? "started; " : ""}from the next boot on the services come up by themselves; to undo it: daemonitor disable\n`);
}

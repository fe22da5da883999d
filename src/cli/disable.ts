/** `daemonitor disable`: undoes what `daemonitor enable` did. */

import { lstatSync } from "node:fs";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { ownHome } from "./connect.ts";
import { bootFacts, bootOf } from "./enableFacts.ts";
import { perform } from "./enablePerform.ts";
import { type BootFacts, type BootStep, type BootTarget, pathsOf, stepsToDisable } from "./enableSteps.ts";
import { tellDone, tellDryRun } from "./enableTell.ts";
import { print, printJson } from "./output.ts";

const FLAGS = {
  system: { describe: "only what the system's systemd has" },
  user: { describe: "only what your own systemd has" },
  cron: { describe: "only the line in your crontab" },
  "dry-run": { describe: "print what would be done, and do nothing" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const disableCommand: Command<keyof typeof FLAGS> = {
  name: "disable",
  summary: "no longer start the services at boot",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "Without a flag, all that enable can have set up for you. What runs goes on: see shutdown. What enable didn't write is left alone.",
  ],
  examples: [{ does: "whatever enable did", command: "daemonitor disable" }],
  run,
};

function run(args: Arguments<keyof typeof FLAGS>): number {
  const home = ownHome();
  const facts = bootFacts(process.env, home.uid);
  const boot = bootOf(process.env, home);
  const targets = targetsOf(facts, { system: args.has("system"), user: args.has("user"), cron: args.has("cron") });
  const steps = targets.filter((target) => isThere(boot, target)).flatMap((target) => stepsToDisable(boot, target, facts));
  if (args.has("dry-run")) {
    tellDryRun(steps, args.has("json"));
    return 0;
  }
  const done = steps.map((step: BootStep) => ({ step, done: perform(step) }));
  const isChanged = done.some(({ step, done: { is } }) => is === "done" && step.do !== "run");
  if (args.has("json")) {
    printJson({ wasEnabled: isChanged, steps: done });
    return 0;
  }
  if (isChanged) for (const { step, done: outcome } of done) tellDone(step, outcome);
  print(isChanged ? "the services no longer come up at boot; what runs goes on\n" : "not enabled: there is nothing to undo\n");
  return 0;
}

/** All that we may change. */
function targetsOf({ uid, crontab, directories }: BootFacts, asked: { system: boolean; user: boolean; cron: boolean }): BootTarget[] {
  const all = !asked.system && !asked.user && !asked.cron;
  const targets: BootTarget[] = [];
  if (asked.system || (all && uid === 0)) targets.push({ by: "systemd", scope: "system", directory: directories.system });
  if (asked.user || all) targets.push({ by: "systemd", scope: "user", directory: directories.user });
  if (asked.cron || (all && crontab)) targets.push({ by: "cron" });
  return targets;
}

function isThere(boot: { readonly name: string }, target: BootTarget): boolean {
  if (target.by === "cron") return true;
  return Object.values(pathsOf(boot, target)).some((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

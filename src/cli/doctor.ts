/** `daemonitor doctor`: what this machine offers, and what is done worse or not at all without it. */
import { EXIT } from "../launch/errors.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { ownHome } from "./connect.ts";
import { type Check, judge } from "./doctorChecks.ts";
import { doctorFacts } from "./doctorFacts.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";

const FLAGS = { json: JSON_FLAG } as const satisfies Record<string, Flag>;

export const doctorCommand: Command<keyof typeof FLAGS> = {
  name: "doctor",
  summary: "tell what this machine offers, and what is degraded without it",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "Looks at the kernel, cgroups, limits, boot, the supervisor's directories and the supervisor itself; changes nothing.",
    "Ends with 0, also where something is degraded; with 69 where there is a problem that keeps daemonitor from working.",
  ],
  examples: [
    { does: "have a look", command: "daemonitor doctor" },
    { does: "what isn't as it could be", command: "daemonitor doctor --json | jq '.checks[] | select(.is != \"ok\")'" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  const checks = judge(await doctorFacts(process.env, ownHome()), manifest.version);
  if (args.has("json")) printJson({ version: manifest.version, checks });
  else tell(checks);
  return checks.some(({ is }) => is === "problem") ? EXIT.unavailable : EXIT.ok;
}

function tell(checks: readonly Check[]): void {
  const paint = paintFor(1);
  const colours = { ok: paint.state("running"), degraded: paint.state("backoff"), problem: paint.state("failed") };
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, is, what, hint } of checks) {
    print(`${colours[is](is.padEnd("degraded".length))}  ${name.padEnd(width)}  ${what}\n`);
    if (hint !== undefined) print(`${" ".repeat("degraded".length + width + 4)}${paint.dim(`→ ${hint}`)}\n`);
  }
  const count = (wanted: Check["is"]) => checks.filter(({ is }) => is === wanted).length;
  const [degraded, problems] = [count("degraded"), count("problem")];
  print(`\n${problems === 0 ? "no problem" : problems === 1 ? "1 problem" : `${problems} problems`}, ${degraded} degraded\n`);
}

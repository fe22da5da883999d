/**
 * Kills the supervisor, init or both again and again under churn, and counts exactly what became of the services.
 *
 *   npm run crash                                                30 rounds of each
 *   npm run crash -- --rounds 500 --victim init                  supervisor, init, both, or random (one of them each round)
 *   npm run crash -- --seed 7 --victim both --keep --json
 *
 * The seed draws the commands and whom they meet; when what happens is up to the machine, so a seed makes a failure likely
 * again, not certain. Where anything is wrong: what, the seed, and where the evidence is; exit status 1.
 */
import { parseArgs } from "node:util";
import { type CrashResult, crashRun } from "./crashRun.ts";
import { VICTIMS } from "./executioner.ts";
import { needsCompiler } from "./programs.ts";
import { roundLine, summary, summaryLines } from "./report.ts";

const USAGE = "crash: --rounds N, --victim supervisor|init|both|random, --seed N, --services N, --quick, --keep, --json";
const QUICK = { rounds: "5", services: "20" };

const { rounds, services, seed, victims, keep, json } = readArguments();
const reason = needsCompiler();
if (reason !== false) fail(69, reason);

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.once(signal, () => interruption.abort());

const results: CrashResult[] = [];
for (const victim of victims) {
  if (interruption.signal.aborted) break;
  const result = await crashRun({
    ...{ seed, rounds, victim, services, keep, signal: interruption.signal },
    onRound: (round) => {
      if (json) return;
      if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${roundLine(round, rounds)}`);
      else if (round.number % 10 === 0 || rounds <= 30) console.log(roundLine(round, rounds));
    },
  });
  results.push(result);
  if (!json) console.log(`${process.stdout.isTTY ? "\r\x1b[K" : ""}${summaryLines(victim, seed, result).join("\n")}`);
  else console.log(JSON.stringify(summary(victim, seed, result)));
  if (result.problems.length > 0) break;
}
if (interruption.signal.aborted) process.exitCode = 130;
else if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;

function readArguments() {
  const { values } = parse();
  const { quick = false, keep = false, json = false, victim } = values;
  const rounds = Number(values.rounds ?? (quick ? QUICK.rounds : "30"));
  const services = Number(values.services ?? (quick ? QUICK.services : "50"));
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  if (![rounds, services].every((number) => Number.isSafeInteger(number) && number > 0) || !Number.isSafeInteger(seed)) fail(64, USAGE);
  const known = [...VICTIMS, "random"] as const;
  const chosen = victim === undefined ? VICTIMS : known.filter((one) => one === victim);
  if (chosen.length === 0) fail(64, USAGE);
  return { rounds, services, seed, victims: chosen, keep, json };
}

function parse() {
  const [text, flag] = [{ type: "string" }, { type: "boolean" }] as const;
  try {
    return parseArgs({ options: { rounds: text, victim: text, seed: text, services: text, quick: flag, keep: flag, json: flag } });
  } catch {
    return fail(64, USAGE);
  }
}

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

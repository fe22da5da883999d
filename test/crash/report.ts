/** What a crash run says of itself. */
import type { CrashResult, Round } from "./crashRun.ts";

export function roundLine({ number, victim, point, answered, took }: Round, rounds: number): string {
  return `${String(number).padStart(4)}/${rounds} ${victim.padEnd(10)} ${point.padEnd(20)} answered after ${ms(answered)}, round ${ms(took)}`;
}

export interface Summary {
  readonly victim: string;
  readonly seed: number;
  readonly rounds: number;
  readonly kills: Readonly<Record<string, number>>;
  /** Milliseconds from a kill until a command was answered. */
  readonly answered: { readonly median: number; readonly most: number };
  readonly seconds: number;
  readonly commands: number;
  readonly events: number;
  readonly lines: { readonly checked: number; readonly lostWithTheirPipe: number };
  readonly exits: CrashResult["exits"];
  readonly problems: readonly string[];
  readonly directory: string | null;
}

export function summary(victim: string, seed: number, result: CrashResult): Summary {
  const { rounds, commands, events, lines, linesCutOff, exits, problems, directory } = result;
  const kills: Record<string, number> = {};
  for (const { point } of rounds) kills[point] = (kills[point] ?? 0) + 1;
  const times = rounds.map(({ answered }) => answered).sort((one, other) => one - other);
  return {
    ...{ victim, seed, rounds: rounds.length, kills },
    answered: { median: Math.round(times[Math.floor(times.length / 2)] ?? 0), most: Math.round(times.at(-1) ?? 0) },
    seconds: Math.round(rounds.reduce((sum, { took }) => sum + took, 0) / 100) / 10,
    ...{ commands, events, lines: { checked: lines, lostWithTheirPipe: linesCutOff }, exits, problems, directory: directory ?? null },
  };
}

/** For people. */
export function summaryLines(victim: string, seed: number, result: CrashResult): string[] {
  const { rounds, kills, answered, seconds, commands, events, lines, exits, problems, directory } = summary(victim, seed, result);
  const points = Object.entries(kills).map(([point, count]) => `${point} ${count}`);
  const told = [
    `${problems.length === 0 ? "ok" : "FAILED"}: ${victim}, ${count(rounds)} rounds in ${seconds} s, seed ${seed}`,
    `  kills      ${points.join(", ")}`,
    `  answered   after ${ms(answered.median)} (median), ${ms(answered.most)} at the most`,
    `  commands   ${count(commands)}, events ${count(events)}`,
    `  log lines  ${count(lines.checked)} checked, ${count(lines.lostWithTheirPipe)} lost by nature`,
    `  exits      ${count(exits.known)} known, ${count(exits.killed)} by SIGKILL, ${count(exits.unknown)} unknown (${count(exits.inFlight)} of them in flight, ${ms(exits.longestFlight)} at the most), ${count(exits.unheard)} never heard of, ${count(exits.overtaken)} overtaken by SIGKILL`,
  ];
  if (directory !== null) told.push(`  evidence   ${directory}`);
  if (problems.length === 0) return told;
  return [...told, ...problems.map((problem) => `  ! ${problem}`), ...result.evidence.map((event) => `    ${event}`)];
}

function ms(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

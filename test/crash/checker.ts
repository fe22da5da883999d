/**
 * Looks at everything that a crash could have hurt, when the commands have ceased: again and again until all is as it should
 * be, since what is under way takes its time; what can't become right any more is told at once.
 */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type DesiredService, readDesiredService } from "../../src/supervisor/state/serviceShape.ts";
import { descriptorProblems, readDescriptors, type Unexplained, unexplained } from "./descriptorCheck.ts";
import { EventReader } from "./eventReader.ts";
import { type Evidence, keyOf, type Testimony } from "./evidence.ts";
import type { ExitLedger } from "./exitLedger.ts";
import { LogFollower } from "./logFollower.ts";
import type { Model } from "./model.ts";
import { desiredProblems, processProblems, statusProblems } from "./processCheck.ts";
import { type Scan, scan } from "./scan.ts";
import type { Pair, Tree } from "./tree.ts";

/** Milliseconds until all must be quiet. */
const PATIENCE = 30_000;
const MOST_TOLD = 12;
/** A problem that so many looks see is none of those that come and go with the programs that end and start all the time. */
const OFTEN = 0.1;

export class Checker {
  readonly #tree: Tree;
  readonly #run: string;
  readonly #model: Model;
  readonly #evidence: Evidence;
  readonly #exits: ExitLedger;
  readonly events: EventReader;
  readonly logs: LogFollower;
  /** Of processes that have not ended, or not with all their lines. */
  #writers: Testimony[] = [];
  /** Lines that each writer had written at the first look. */
  readonly #targets = new Map<string, number>();
  #baseline: Readonly<Record<"init" | "supervisor", ReadonlyMap<string, number>>> | undefined;
  readonly #atOnce: ReadonlyMap<string, number>;

  constructor(tree: Tree, run: string, model: Model, evidence: Evidence, exits: ExitLedger) {
    this.#tree = tree;
    this.#run = run;
    this.#model = model;
    this.#evidence = evidence;
    this.#exits = exits;
    this.events = new EventReader(tree, exits);
    this.logs = new LogFollower(tree.home.log);
    this.#atOnce = new Map(model.services.map(({ name, kind }) => [name, kind.writes]));
  }

  /** What is wrong, when nothing is on its way any more; nothing, hopefully. No command may be under way. */
  async check(pair: Pair): Promise<string[]> {
    const deadline = Date.now() + PATIENCE;
    const seen = new Set<string>();
    const often = new Map<string, number>();
    let looks = 0;
    this.#targets.clear();
    for (let pause = 10; ; pause = Math.min(200, pause * 1.5)) {
      const { wrong, late } = await this.#look(pair, seen);
      if (wrong.length > 0) return wrong;
      if (late.length === 0) return [];
      looks++;
      for (const problem of late) often.set(problem, (often.get(problem) ?? 0) + 1);
      if (Date.now() > deadline) return told(often, looks);
      await sleep(pause);
    }
  }

  async #look(pair: Pair, seen: Set<string>): Promise<{ readonly wrong: string[]; readonly late: string[] }> {
    const { services, running } = this.#model;
    // In this order: who is recorded as ended has written it down before; who wrote it down is dead by the scan, or soon.
    const wrong = await this.events.read();
    this.#readEvidence(wrong);
    const found = scan(this.#run);
    const list = await this.#tree.ask((client) => client.list());
    const exits = this.#exits.judge(new Set(found.processes.map(keyOf)));
    wrong.push(...exits.wrong);
    const late = [
      ...exits.late,
      ...processProblems(running, found.processes, seen),
      ...statusProblems(services, list, found.processes),
      ...zombieProblems(found, pair),
      ...this.#logProblems(found, wrong),
    ];
    if (late.length > 0 || wrong.length > 0) return { wrong, late };
    late.push(...this.#savedProblems(), ...this.#descriptorProblems(pair, found));
    return { wrong, late };
  }

  #readEvidence(wrong: string[]): void {
    for (const start of this.#evidence.starts()) {
      this.#exits.started(start);
      if ((this.#atOnce.get(serviceOf(start.instance)) ?? 0) > 0) this.#writers.push(start);
    }
    for (const exit of this.#evidence.exits()) this.#exits.wrote(exit);
    for (const { instance, attempt, pid, what } of this.#evidence.twice()) {
      wrong.push(`${instance}: process ${pid} of attempt ${attempt} found the ${what} of its instance held by another one that lived`);
    }
  }

  #logProblems({ processes }: Scan, wrong: string[]): string[] {
    const alive = new Set(processes.map(keyOf));
    const late: string[] = [];
    this.#writers = this.#writers.filter((writer) => {
      const atOnce = this.#atOnce.get(serviceOf(writer.instance)) ?? 0;
      const key = keyOf(writer);
      const wrote = this.#evidence.wrote(writer) ?? 0;
      const isAlive = alive.has(key);
      // Who writes on is always a few lines ahead of its log: what it had written at the first look must be there.
      if (!this.#targets.has(key)) this.#targets.set(key, wrote);
      const target = isAlive ? (this.#targets.get(key) ?? wrote) : wrote;
      const verdict = this.logs.judge({ ...writer, wrote: target, atOnce, alive: isAlive, cutOff: this.#exits.mayBeCutOff(writer) });
      wrong.push(...verdict.wrong);
      if (verdict.late !== undefined) late.push(verdict.late);
      return !verdict.done;
    });
    return late;
  }

  #savedProblems(): string[] {
    const saved: DesiredService[] = [];
    const faults: string[] = [];
    const { services } = JSON.parse(readFileSync(this.#tree.home.desiredStateFile, "utf8")) as { readonly services: readonly unknown[] };
    for (const [index, entry] of services.entries()) {
      const read = readDesiredService(entry, `services[${index}]`);
      if ("fault" in read) faults.push(`the saved state is damaged: ${read.fault}`);
      else saved.push(read.service);
    }
    return [...faults, ...desiredProblems(this.#model.services, saved)];
  }

  /** What init and supervisor have without any service: what all later looks are compared with. */
  async measure(pair: Pair): Promise<void> {
    const looks: { readonly init: Unexplained; readonly supervisor: Unexplained }[] = [];
    for (let look = 0; look < 5; look++) {
      await sleep(20);
      looks.push(this.#unexplained(pair, scan(this.#run)));
    }
    this.#baseline = { init: usual(looks.map(({ init }) => init)), supervisor: usual(looks.map(({ supervisor }) => supervisor)) };
  }

  #unexplained({ init, supervisor }: Pair, { processes }: Scan): { readonly init: Unexplained; readonly supervisor: Unexplained } {
    const explanations = { processes, services: this.#model.services, log: this.#tree.home.log };
    return {
      init: unexplained(readDescriptors(init.pid), explanations),
      supervisor: unexplained(readDescriptors(supervisor.pid), explanations),
    };
  }

  #descriptorProblems(pair: Pair, found: Scan): string[] {
    if (this.#baseline === undefined) return [];
    const now = this.#unexplained(pair, found);
    const { init, supervisor } = this.#baseline;
    return [...descriptorProblems("init", init, now.init), ...descriptorProblems("the supervisor", supervisor, now.supervisor)];
  }

  close(): void {
    this.logs.close();
    this.#evidence.close();
  }
}

function told(often: ReadonlyMap<string, number>, looks: number): string[] {
  const sorted = [...often].sort(([, one], [, other]) => other - one);
  const lasting = sorted.filter(([, times], index) => index === 0 || times > looks * OFTEN).slice(0, MOST_TOLD);
  return lasting.map(([problem, times]) => `${problem} (at ${times} of ${looks} looks in ${PATIENCE / 1000} s)`);
}

/** The middle one of each kind. */
function usual(looks: readonly Unexplained[]): ReadonlyMap<string, number> {
  const kinds = new Set(looks.flatMap((look) => [...look.keys()]));
  const middle = (kind: string) =>
    looks.map((look) => look.get(kind)?.length ?? 0).sort((one, other) => one - other)[looks.length >> 1] ?? 0;
  return new Map([...kinds].map((kind) => [kind, middle(kind)]));
}

function zombieProblems({ zombies }: Scan, { init }: Pair): string[] {
  return (zombies.get(init.pid) ?? []).map((zombie) => `init has not reaped ${zombie}`);
}

function serviceOf(instance: string): string {
  return instance.slice(0, instance.lastIndexOf("/"));
}

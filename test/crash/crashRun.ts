/**
 * The crash run: services under churn, and in each round somebody of ours is killed, at a random instant or at a fault
 * point; then everything is compared with what the programs say, what /proc shows and what was commanded.
 */

import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { Checker } from "./checker.ts";
import { Churn } from "./churn.ts";
import { evidenceOf } from "./eventReader.ts";
import { Evidence } from "./evidence.ts";
import { Executioner, type Killed, type Victim } from "./executioner.ts";
import { type ExitCounts, ExitLedger } from "./exitLedger.ts";
import { Model } from "./model.ts";
import { compileProgram } from "./programs.ts";
import { makeServices } from "./services.ts";
import { type Pair, Tree } from "./tree.ts";

export interface CrashOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly victim: Victim | "random";
  /** How many services. Default 50. */
  readonly services?: number;
  /** Leave the directory behind, also where nothing is wrong. */
  readonly keep?: boolean;
  readonly onRound?: (round: Round) => void;
  /** Ends it before the next round. */
  readonly signal?: AbortSignal;
}

export interface Round extends Killed {
  readonly number: number;
  /** Milliseconds of the whole round. */
  readonly took: number;
}

export interface CrashResult {
  readonly rounds: readonly Round[];
  /** What is wrong; empty where all is well. */
  readonly problems: readonly string[];
  readonly commands: number;
  readonly events: number;
  readonly lines: number;
  /** Lines that were lost with a pipe, by nature. */
  readonly linesCutOff: number;
  readonly exits: ExitCounts;
  /** Where the evidence is, if it was kept. */
  readonly directory: string | undefined;
  /** Events that the problems are about. */
  readonly evidence: readonly string[];
}

export async function crashRun(options: CrashOptions): Promise<CrashResult> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "dm-crash-"));
  const run = randomUUID();
  const evidence = join(directory, "evidence");
  mkdirSync(evidence);
  const tree = new Tree(directory, evidence);
  // Whatever becomes of us, nothing of it stays.
  const endAtOnce = () => {
    for (let tries = 0; tries < 20 && tree.strike(run) > 0; tries++);
  };
  process.once("exit", endAtOnce);
  const course = new Course(options, tree, run, evidence);
  try {
    await Promise.race([course.follow(directory), whenAborted(options.signal)]);
  } catch (error) {
    course.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const problems = course.end();
  await tree.end(run);
  process.off("exit", endAtOnce);
  const keeps = options.keep === true || problems.length > 0;
  if (!keeps) rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  return course.result(problems, keeps ? directory : undefined);
}

function whenAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** One run, from the first start to the last check. */
class Course {
  readonly #options: CrashOptions;
  readonly #tree: Tree;
  readonly #run: string;
  readonly #evidence: string;
  readonly #random: Random;
  readonly #exits = new ExitLedger();
  readonly #rounds: Round[] = [];
  readonly #problems: string[] = [];
  #isOver = false;
  #checker: Checker | undefined;
  #churn: Churn | undefined;

  constructor(options: CrashOptions, tree: Tree, run: string, evidence: string) {
    this.#options = options;
    this.#tree = tree;
    this.#run = run;
    this.#evidence = evidence;
    this.#random = new Random(options.seed);
  }

  async follow(directory: string): Promise<void> {
    const { rounds, services: count = 50, signal, onRound, victim } = this.#options;
    const program = compileProgram(directory);
    const services = await makeServices({ program, evidence: this.#evidence, run: this.#run, count });
    const model = new Model(services);
    const checker = new Checker(this.#tree, this.#run, model, new Evidence(this.#evidence), this.#exits);
    this.#checker = checker;
    this.#tree.warmUp();
    this.#tree.start();
    await checker.measure(await this.#tree.pair());
    await this.#tree.ask((client) => client.apply({ services: model.specs, wait: 0 }));
    let pair: Pair = await this.#tree.pair();
    for (const problem of await checker.check(pair)) this.problem(problem);
    const executioner = new Executioner({
      ...{ tree: this.#tree, evidence: this.#evidence, random: this.#random, exits: this.#exits },
      readEvents: () => this.#readEvents(),
    });
    this.#churn = new Churn({
      ...{ model, random: this.#random, run: this.#run },
      ask: (request) => this.#tree.ask(request),
      forced: (instance) => this.#exits.forced(instance),
      problem: (what) => this.problem(what),
    });
    for (let number = 1; number <= rounds && this.#problems.length === 0 && !this.#isOver && signal?.aborted !== true; number++) {
      const began = performance.now();
      this.#churn.resume();
      const who = victim === "random" ? this.#random.pick(["supervisor", "init", "both"]) : victim;
      const { pair: next, ...killed } = await executioner.kill(who, number, pair);
      pair = next;
      await sleep(this.#random.between(0, 100));
      await this.#churn.pause();
      this.#tree.initIsVictim = false;
      for (const problem of [...(await checker.check(pair)), ...(await this.#selfRestarts(pair))]) this.problem(problem);
      checker.logs.free();
      if (this.#problems.length === 0) pair = await executioner.renew(pair);
      const round = { ...killed, number, took: performance.now() - began };
      this.#rounds.push(round);
      onRound?.(round);
    }
  }

  /** What happens from now on, as all is ended, is no problem any more. Returns those that there were. */
  end(): readonly string[] {
    this.#isOver = true;
    void this.#churn?.end();
    this.#checker?.close();
    return this.#problems;
  }

  problem(what: string): void {
    if (!this.#isOver) this.#problems.push(what);
  }

  result(problems: readonly string[], directory: string | undefined): CrashResult {
    const { events, logs } = this.#checker ?? {};
    return {
      rounds: this.#rounds,
      problems,
      commands: this.#churn?.commands ?? 0,
      events: events?.count ?? 0,
      lines: logs?.lines ?? 0,
      linesCutOff: logs?.cutOff ?? 0,
      exits: this.#exits.counts,
      directory,
      evidence: evidenceOf(problems, events?.latest ?? []),
    };
  }

  async #readEvents(): Promise<void> {
    for (const problem of (await this.#checker?.events.read()) ?? []) this.problem(problem);
  }

  /** Nobody but us may have killed them. */
  async #selfRestarts(pair: Pair): Promise<string[]> {
    const now = await this.#tree.pair();
    return (["init", "supervisor"] as const)
      .filter((who) => now[who].pid !== pair[who].pid || now[who].startTime !== pair[who].startTime)
      .map((who) => `${who} was process ${pair[who].pid} and is ${now[who].pid}, and we did not kill it: see supervisor.log`);
  }
}

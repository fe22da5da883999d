/** Kills init, the supervisor or both, at a random instant or at a fault point, and waits until commands are answered again. */

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { DaemonError } from "../../src/launch/errors.ts";
import { LOG_FAULT_POINTS } from "../../src/logs/faultPoint.ts";
import { FAULT_POINTS, type FaultPoint } from "../../src/supervisor/faultPoint.ts";
import { readSources } from "../project/sources.ts";
import type { Random } from "../simulation/random.ts";
import { until } from "../support/wait.ts";
import type { ExitLedger } from "./exitLedger.ts";
import { arm, disarm, type Fired, readFired } from "./faultPlan.ts";
import { kill, type Pair, type Tree } from "./tree.ts";

export const VICTIMS = ["supervisor", "init", "both"] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Killed {
  readonly victim: Victim;
  readonly point: FaultPoint | "random";
  /** Milliseconds from the kill until a command was answered. */
  readonly answered: number;
}

/** Where they are come to only by a start, and then soon. */
const OF_ADOPTION: ReadonlySet<FaultPoint> = new Set(["before adopt", "after adopt", "before hold", "after hold"]);
const AT_START: ReadonlySet<FaultPoint> = new Set([...OF_ADOPTION, "before reconcile", "after reconcile"]);

/** The services of the crash run don't rotate: logPoints.test.ts is for these. */
const OF_LOGS: ReadonlySet<FaultPoint> = new Set(["before log switch", "after log switch", ...LOG_FAULT_POINTS]);

/** Milliseconds of commands in which a fault point is come to, or else somebody is killed so that it is come to at the start. */
const LONGEST_WAIT = 2000;
const LONGEST_START = 15_000;

/** Of one init; with the usual delays, the next one comes after 0.4 s. */
const MOST_SUPERVISORS = 2;

export interface ExecutionerOptions {
  readonly tree: Tree;
  readonly evidence: string;
  readonly random: Random;
  readonly exits: ExitLedger;
  /** Called now and then while it waits: only so many events are kept. */
  readEvents(): Promise<void>;
}

export class Executioner {
  readonly #options: ExecutionerOptions;
  readonly #points = usedPoints().filter((point) => !OF_LOGS.has(point));
  #next: number;
  /** When it was killed, or lost its init and made way for the next one; until commands are answered again. */
  #supervisorDownSince: bigint | undefined;

  constructor(options: ExecutionerOptions) {
    this.#options = options;
    this.#next = options.random.integer(0, this.#points.length);
  }

  /** Two rounds of three are for the fault points in turn. */
  async kill(victim: Victim, round: number, pair: Pair): Promise<Killed & { readonly pair: Pair }> {
    const point = round % 3 === 0 ? undefined : this.#points[this.#next++ % this.#points.length];
    return point === undefined ? this.#killSometime(victim, pair) : this.#killAt(point, victim, pair);
  }

  /**
   * A tree that another one left behind has the usual delays between supervisors, which grow to seconds: replaced by one of
   * ours when it comes to that. No command may be under way.
   */
  async renew(pair: Pair): Promise<Pair> {
    const { tree } = this.#options;
    const { about } = await tree.pair();
    if (about.init.pid === tree.started || about.init.supervisors < MOST_SUPERVISORS) return pair;
    tree.initIsVictim = true;
    const at = this.#strike("both", pair);
    try {
      tree.start();
    } catch (error) {
      // The supervisor saw init die first, and has made another tree itself.
      if (!(error instanceof DaemonError && error.code === "ERR_SUPERVISOR_RUNNING")) throw error;
    }
    const next = await this.#recovered("both", pair, at);
    tree.initIsVictim = false;
    return next.pair;
  }

  async #killSometime(victim: Victim, pair: Pair): Promise<Killed & { readonly pair: Pair }> {
    await sleep(this.#options.random.between(10, 400));
    const at = this.#strike(victim, pair);
    return { victim, point: "random", ...(await this.#recovered(victim, pair, at)) };
  }

  async #killAt(point: FaultPoint, victim: Victim, pair: Pair): Promise<Killed & { readonly pair: Pair }> {
    const { tree, random, evidence, exits } = this.#options;
    if (victim !== "supervisor") tree.initIsVictim = true;
    const initFirst = random.chance(0.5);
    const victims = victim !== "both" ? [victim] : initFirst ? (["init", "supervisor"] as const) : (["supervisor"] as const);
    await sleep(random.between(0, 100));
    arm(evidence, { point, occurrence: AT_START.has(point) ? 1 : random.integer(1, 3), victims });
    const fired = await this.#comesTo(point, pair);
    if (victim !== "supervisor") exits.initDied(fired.at, { supervisorToo: victim === "both", downSince: this.#supervisorDownSince });
    this.#supervisorDownSince ??= fired.at;
    // The supervisor killed itself: before init has started the next one, we kill init.
    if (victim === "both" && !initFirst) kill(fired.init);
    return { victim, point, ...(await this.#recovered(victim, fired, fired.at)) };
  }

  /** By the commands; else, and where it belongs to the start, by killing them so that they start. */
  async #comesTo(point: FaultPoint, pair: Pair): Promise<Fired> {
    let fired = AT_START.has(point) ? undefined : await this.#fires(LONGEST_WAIT);
    for (let current = pair, tries = 0; fired === undefined && tries < 2; tries++) {
      const victim = tries > 0 ? "both" : OF_ADOPTION.has(point) ? "init" : "supervisor";
      const at = this.#strike(victim, current);
      fired = await this.#fires(LONGEST_START);
      if (fired === undefined) ({ pair: current } = await this.#recovered(victim, current, at));
    }
    if (fired !== undefined) return fired;
    disarm(this.#options.evidence);
    throw new Error(`the fault point "${point}" was not come to`);
  }

  async #fires(timeout: number): Promise<Fired | undefined> {
    const deadline = Date.now() + timeout;
    for (let looks = 1; Date.now() < deadline; looks++) {
      const fired = readFired(this.#options.evidence);
      if (fired !== undefined) return fired;
      // Whoever waits for an answer of a supervisor that just killed itself would wait too long to kill init in time.
      if (looks % 100 === 0) this.#options.readEvents().catch(() => undefined);
      await sleep(3);
    }
    return undefined;
  }

  #strike(victim: Victim, { init, supervisor }: Pair): bigint {
    const at = process.hrtime.bigint();
    if (victim !== "supervisor") this.#options.tree.initIsVictim = true;
    if (victim !== "supervisor") {
      this.#options.exits.initDied(at, { supervisorToo: victim === "both", downSince: this.#supervisorDownSince });
    }
    this.#supervisorDownSince ??= at;
    const order = victim === "both" ? [init, supervisor] : victim === "init" ? [init] : [supervisor];
    for (const one of this.#options.random.chance(0.5) ? order : order.reverse()) kill(one);
    return at;
  }

  async #recovered(victim: Victim, before: Pair, at: bigint): Promise<{ readonly pair: Pair; readonly answered: number }> {
    const { tree, exits } = this.#options;
    const pair = await until(
      "commands to be answered again",
      async () => {
        const now = await tree.pair();
        const isNew = (who: "init" | "supervisor") => !isDeepStrictEqual(now[who], before[who]);
        return (victim === "supervisor" ? isNew("supervisor") : isNew("init")) && now;
      },
      { timeout: 60_000 },
    );
    const now = process.hrtime.bigint();
    exits.initReturned(now);
    this.#supervisorDownSince = undefined;
    return { pair, answered: Number(now - at) / 1e6 };
  }
}

/** Those that the supervisor or its compressor calls. */
export function usedPoints(): readonly FaultPoint[] {
  const code = readSources("src/{supervisor,api,logs}/**/*.ts").map((source) => source.code);
  return FAULT_POINTS.filter((point) => code.some((text) => text.includes(`faultPoint("${point}")`)));
}

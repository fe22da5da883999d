/**
 * Does in advance what follows the death of a service, as far as it is only computing: the machine's step, the records, the
 * plan. Code that has run a few times has been compiled, and one that runs now and then is not thrown away by the garbage
 * collector: in a supervisor to which nothing happens for hours, the next process would wait for both.
 *
 *   const rehearsal = new Rehearsal(context);
 *   rehearsal.go();     // every few seconds
 */
import { DaemonError } from "../../launch/errors.ts";
import { monotonicMs } from "../../values/clock.ts";
import { spawn } from "../init/requests.ts";
import { step } from "../machine.ts";
import { encodeRecord } from "../state/journalRecords.ts";
import { knownAccount } from "./accountOf.ts";
import type { Context } from "./context.ts";
import { composeKey, parseKey } from "./key.ts";
import { composeFor } from "./launching.ts";
import type { Unit } from "./unit.ts";

/** Times at each of the first calls: by then V8 has compiled it. It takes 5 ms, the last of them 2. */
const [AT_ONCE, FIRST] = [50, 4];
/** From then on once in so many calls. */
const AGAIN = 6;

export class Rehearsal {
  readonly #context: Context;
  #calls = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  go(): void {
    const isFirst = this.#calls < FIRST;
    if (isFirst || this.#calls % AGAIN === 0) {
      const unit = [...this.#context.units.values()].find(isPlain);
      if (unit === undefined) return;
      // Its program may be gone by now: that is said when it is started.
      unlessRefused(() => {
        for (let time = 0; time < (isFirst ? AT_ONCE : 1); time++) rehearse(this.#context, unit);
      });
    }
    this.#calls += 1;
  }
}

/** One that runs, and whose next process would need nothing that has to be made or asked for first. */
function isPlain({ instance, log, spec }: Unit): boolean {
  return instance.state === "running" && instance.process?.identity != null && log !== undefined && knownAccount(spec) !== undefined;
}

function rehearse({ homeId, starter, journal }: Context, unit: Unit): void {
  const { instance, name, log, spec, machine } = unit;
  const { process } = instance;
  if (process?.identity == null || log === undefined) return;
  const now = { at: monotonicMs(), wall: Date.now(), random: 0.5 };
  const { pid } = process.identity;
  const exited = { type: "exited", attempt: process.attempt, pid, status: { signal: "SIGKILL" }, remains: false } as const;
  const { instance: next } = step(machine, instance, exited, now);
  const { attempt } = next;
  const head = { boot: journal.bootId, name };
  encodeRecord({ is: "instance", ...head, instance: next });
  encodeRecord({ is: "spawn", ...head, attempt, what: "process", identity: null });
  const key = composeKey({ instance: name, attempt });
  parseKey(key);
  const given = { log, sockets: [], notifyAddress: null };
  const launch = composeFor({ homeId, starter }, unit, attempt, given, null, knownAccount(spec));
  spawn({ key, ...launch }).bytes(0);
  step(machine, next, { type: "spawned", attempt, identity: process.identity }, now);
}

function unlessRefused(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
  }
}

/**
 * Does in advance what follows the death of a service, as far as it is only computing: the machine's step, the records, the
 * plan. Code that has run a few times has been compiled, and one that runs now and then is not thrown away by the garbage
 * collector: in a supervisor to which nothing happens for hours, the next process would wait for both.
 *
 *   const rehearsal = new Rehearsal(context);
 *   rehearsal.go();     // every few seconds
 */
import { monotonicMs } from "../../values/clock.ts";
import type { Identity } from "../events.ts";
import { spawn } from "../init/requests.ts";
import { step } from "../machine.ts";
import { encodeRecord } from "../state/journalRecords.ts";
import { type Account, knownAccount } from "./accountOf.ts";
import type { Context } from "./context.ts";
import type { OpenLogs } from "./instanceLogs.ts";
import { composeKey, parseKey } from "./key.ts";
import { composeFor } from "./launching.ts";
import type { Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** Times at each of the first calls: by then V8 has compiled it. Each call takes 3 to 6 ms of processor. */
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
      const scene = sceneIn(this.#context);
      if (scene === undefined) return;
      // Its program may be gone by now: that is said when it is started.
      unlessRefused(() => {
        for (let time = 0; time < (isFirst ? AT_ONCE : 1); time++) rehearse(this.#context, scene);
      });
    }
    this.#calls += 1;
  }
}

/** A service that runs, and whose next process would need nothing that has to be made or asked for first. */
interface Scene {
  readonly unit: Unit;
  readonly attempt: number;
  readonly identity: Identity;
  readonly log: OpenLogs;
  readonly account: Account;
}

function sceneIn({ units }: Context): Scene | undefined {
  for (const unit of units.values()) {
    const { instance, log, spec } = unit;
    const { identity, attempt = 0 } = instance.process ?? {};
    const account = knownAccount(spec);
    if (instance.state === "running" && identity != null && log !== undefined && account !== undefined) {
      return { unit, attempt, identity, log, account };
    }
  }
  return undefined;
}

function rehearse({ homeId, starter, journal }: Context, { unit, attempt, identity, log, account }: Scene): void {
  const { instance, name, machine } = unit;
  const now = { at: monotonicMs(), wall: Date.now(), random: 0.5 };
  const exited = { type: "exited", attempt, pid: identity.pid, status: { signal: "SIGKILL" }, remains: false } as const;
  const { instance: next } = step(machine, instance, exited, now);
  const head = { boot: journal.bootId, name };
  encodeRecord({ is: "instance", ...head, instance: next });
  encodeRecord({ is: "spawn", ...head, attempt: next.attempt, what: "process", identity: null });
  const key = composeKey({ instance: name, attempt: next.attempt });
  parseKey(key);
  const given = { log, sockets: [], notifyAddress: null };
  const launch = composeFor({ homeId, starter }, unit, next.attempt, given, null, account);
  spawn({ key, ...launch }).bytes(0);
  step(machine, next, { type: "spawned", attempt: next.attempt, identity }, now);
}

/**
 * Compares how processes ended, by their own testimony, with what the supervisor recorded: pure.
 *
 * What can't be known by nature, and is counted instead of complained about:
 * - A process that ends while init and supervisor are dead is reaped by somebody else: `unknown`. So is one whose record
 *   init still held alone, or had just told, when they were killed ({@link IN_FLIGHT}). Where init alone is killed, the
 *   supervisor has a descriptor of each process that tells, but for those that were started a moment before.
 * - One that was started and ended in such a time may never have been heard of: it has no record at all.
 * - The daemon of a forking service that was stopped before it was found: it never was the main process.
 * - SIGKILL that comes between a program's last words and its end: the kernel's word counts, if somebody sent it.
 */
import { describeExit, type ExitStatus } from "../../src/values/exitStatus.ts";
import { keyOf, type Testimony, type WrittenExit } from "./evidence.ts";

/** An "exit" event of the supervisor. */
export interface RecordedExit {
  readonly instance: string;
  readonly attempt: number;
  readonly pid: number;
  readonly status: ExitStatus;
}

/** Nanoseconds before the death of init in which an exit may be on its way to the disk. */
export const IN_FLIGHT = 500_000_000n;
/** The same on a machine that is busy with other things: while nothing arrived that set out this much later. */
export const SLOW_FLIGHT = 4_000_000_000n;
const LATER = 100_000_000n;

export interface ExitCounts {
  /** Exits whose recorded status is the one that the program wrote down. */
  known: number;
  /** Ended by SIGKILL, which no program can write down. */
  killed: number;
  unknown: number;
  /** Of these, they ended before init did. */
  inFlight: number;
  /** By how many milliseconds, at the most. */
  longestFlight: number;
  /** Nobody of ours ever heard of them. */
  unheard: number;
  /** Killed between their last words and their end. */
  overtaken: number;
}

/** Of one process. The system gives its number to others again, and a service that was deleted begins anew with its attempts. */
interface Life {
  /** Undefined as long as only its end was recorded. */
  startTime: number | undefined;
  start: Testimony | undefined;
  written: WrittenExit | undefined;
  recorded: ExitStatus | undefined;
  judged: boolean;
  /** As one that nobody will ever hear of. */
  unheard: boolean;
}

const NOBODY = { instance: "", pid: 0, at: 0n };

interface Outage {
  readonly died: bigint;
  readonly from: bigint;
  to: bigint | undefined;
  /** Of a supervisor that lives on, which keeps a pidfd and the log pipe of each process. */
  supervisorToo: boolean;
}

export class ExitLedger {
  /** By their keys, in their order. */
  readonly #lives = new Map<string, Life[]>();
  readonly #outages: Outage[] = [];
  /** Instances that somebody ended with SIGKILL, or asked to. */
  readonly #forced = new Set<string>();
  /** Main processes that the supervisor has named: "web/0:4711". */
  readonly #named = new Set<string>();
  readonly counts: ExitCounts = { known: 0, killed: 0, unknown: 0, inFlight: 0, longestFlight: 0, unheard: 0, overtaken: 0 };

  started(start: Testimony): void {
    this.#lifeOf(start).start = start;
  }

  wrote(exit: WrittenExit): void {
    this.#lifeOf(exit).written = exit;
  }

  recorded(exit: RecordedExit): void {
    const lives = this.#livesOf(exit);
    const life = lives.findLast(({ recorded }) => recorded === undefined) ?? begun(lives);
    life.recorded = exit.status;
    // It may have been judged already, as one that nobody will ever hear of, or need not.
    if (life.unheard) this.counts.unheard--;
    life.judged = life.unheard = false;
  }

  /** The supervisor said that this process is what runs of the instance. */
  named(instance: string, pid: number): void {
    this.#named.add(`${instance}:${pid}`);
  }

  /** Somebody sent, or had sent, SIGKILL to what runs of this instance. */
  forced(instance: string): void {
    this.#forced.add(instance);
  }

  /**
   * Init died at that time (nanoseconds, monotonic), with the supervisor or alone. A supervisor that was down already, and
   * had not asked init for everything yet, is none that could know what init knew.
   */
  initDied(at: bigint, { supervisorToo, downSince }: { readonly supervisorToo: boolean; readonly downSince?: bigint | undefined }): void {
    const from = at - IN_FLIGHT;
    // A new init that is killed before all was adopted takes with it what the supervisor before had left for it.
    for (const outage of this.#outages) if (outage.to === undefined) outage.supervisorToo = true;
    this.#outages.push({
      died: at,
      from: downSince !== undefined && downSince < from ? downSince : from,
      to: undefined,
      supervisorToo: supervisorToo || downSince !== undefined,
    });
  }

  /** All that lived on was adopted by then. */
  initReturned(at: bigint): void {
    for (const outage of this.#outages) outage.to ??= at;
  }

  /**
   * Judges all that has ended. `alive`: keys of the processes that live; everything else that was ever heard of is dead.
   * `late`: what is missing may still come, since events travel; what is wrong stays wrong.
   */
  judge(alive: ReadonlySet<string>): { readonly wrong: string[]; readonly late: string[] } {
    const wrong: string[] = [];
    const late: string[] = [];
    for (const [key, lives] of this.#lives) {
      const latest = lives.at(-1);
      for (const life of lives.filter(({ judged }) => !judged)) {
        const { recorded } = life;
        if (life !== lives[0] && life.startTime === undefined) {
          wrong.push(
            `${key} was recorded ${lives.length} times: ${lives.map(({ recorded }) => describeExit(recorded ?? "unknown")).join(", ")}`,
          );
        } else if (life === latest && alive.has(key)) {
          if (recorded !== undefined) wrong.push(`${key} lives, but was recorded with ${describeExit(recorded)}`);
        } else {
          const verdict = this.#judge(key, life);
          if (verdict === undefined) life.judged = true;
          else (recorded === undefined ? late : wrong).push(verdict);
        }
      }
    }
    return { wrong, late };
  }

  #judge(key: string, life: Life): string | undefined {
    const { recorded } = life;
    if (recorded === undefined) return this.#judgeUnrecorded(key, life);
    const { written } = life;
    if (recorded === "unknown") {
      if (!this.#mayBeUnknown(life)) return `${key} was recorded as unknown, but ${said(written)}, and init lived`;
      this.#countUnknown(life);
      return undefined;
    }
    if (written === undefined) {
      // Before it could say anything, a signal has its usual effect.
      if ("signal" in recorded && (recorded.signal === "SIGKILL" || (life.start === undefined && recorded.signal === "SIGTERM"))) {
        this.counts.killed++;
        return undefined;
      }
      return `${key} was recorded with ${describeExit(recorded)}, but wrote nothing of the kind down`;
    }
    if (isSame(recorded, written.status)) {
      this.counts.known++;
      return undefined;
    }
    if ("signal" in recorded && recorded.signal === "SIGKILL" && this.#forced.has(written.instance)) {
      this.counts.overtaken++;
      return undefined;
    }
    return `${key} was recorded with ${describeExit(recorded)}, but ${said(written)}`;
  }

  #judgeUnrecorded(key: string, life: Life): string | undefined {
    // Whoever launched a daemon need not be told of.
    if (life.start === undefined && life.written?.role === "launcher") return undefined;
    const { start, written } = life;
    const { instance, pid, at: began } = start ?? written ?? NOBODY;
    const isNamed = this.#named.has(`${instance}:${pid}`);
    // On a slow machine, the answer to the request that started it may have been on its way for longer.
    const wasBegun = this.#isOutage(began) || (!isNamed && this.#outages.some(({ died }) => began <= died && began >= died - SLOW_FLIGHT));
    if (wasBegun && (written === undefined || this.#isOutage(written.at))) {
      this.#countUnheard(life);
      return undefined;
    }
    // A stop that comes between the launcher's end and the moment in which its daemon is found ends what nobody knows as the
    // main process; by SIGKILL, which can't be written down, if that has to be.
    if (instance.startsWith("daemonize") && this.#forced.has(instance) && !isNamed) {
      this.#countUnheard(life);
      return undefined;
    }
    return `${key} has ended (${said(written)}), but no exit was recorded`;
  }

  #countUnheard(life: Life): void {
    this.counts.unheard++;
    life.unheard = true;
  }

  /** Whether a process ended, or may have, while there was nobody to read what it had written last. */
  mayBeCutOff(process: Testimony): boolean {
    return this.#mayBeUnknown(this.#lifeOf(process));
  }

  /** When nobody could look: the time of its end, or, where nobody knows that, any time since its start. */
  #mayBeUnknown({ start, written }: Life): boolean {
    // Launchers don't write down their start, and live for a moment.
    const began = start?.at ?? written?.at ?? 0n;
    return this.#outages.some((outage) => {
      const { from, to, supervisorToo } = outage;
      const ended =
        written === undefined ? to === undefined || to >= began : isWithin(outage, written.at) || this.#isSlow(outage, written.at);
      return ended && (supervisorToo || began >= from);
    });
  }

  /** Exits are told in their order: as long as none that came later has arrived, an early one may be on its way. */
  #isSlow({ died, supervisorToo }: Outage, at: bigint): boolean {
    if (!supervisorToo || at > died || at < died - SLOW_FLIGHT) return false;
    return ![...this.#lives.values()]
      .flat()
      .some(({ written, recorded }) => written !== undefined && written.at > at + LATER && written.at < died && isKnown(recorded));
  }

  #countUnknown({ written }: Life): void {
    this.counts.unknown++;
    if (written === undefined) return;
    const outage = this.#outages.findLast((one) => isWithin(one, written.at) || this.#isSlow(one, written.at));
    const flight = outage === undefined ? 0 : Number(outage.died - written.at) / 1e6;
    if (flight <= 0) return;
    this.counts.inFlight++;
    this.counts.longestFlight = Math.max(this.counts.longestFlight, flight);
  }

  #isOutage(at: bigint): boolean {
    return this.#outages.some((outage) => isWithin(outage, at));
  }

  #lifeOf(process: Testimony): Life {
    const lives = this.#livesOf(process);
    const life =
      lives.find(({ startTime }) => startTime === process.startTime) ??
      lives.find(({ startTime, judged }) => startTime === undefined && !judged) ??
      begun(lives);
    life.startTime = process.startTime;
    return life;
  }

  #livesOf(process: Pick<Testimony, "instance" | "attempt" | "pid">): Life[] {
    const key = keyOf(process);
    const lives = this.#lives.get(key) ?? [];
    this.#lives.set(key, lives);
    return lives;
  }
}

function begun(lives: Life[]): Life {
  const life: Life = { startTime: undefined, start: undefined, written: undefined, recorded: undefined, judged: false, unheard: false };
  lives.push(life);
  return life;
}

function isWithin({ from, to }: Outage, at: bigint): boolean {
  return at >= from && (to === undefined || at <= to);
}

function isKnown(recorded: ExitStatus | undefined): boolean {
  return recorded !== undefined && recorded !== "unknown";
}

function said(written: WrittenExit | undefined): string {
  return written === undefined ? "it wrote nothing down" : `it wrote down ${describeExit(written.status)}`;
}

function isSame(one: ExitStatus, other: ExitStatus): boolean {
  return describeExit(one) === describeExit(other);
}

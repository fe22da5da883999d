/** What ends: exit records, what a main process leaves behind, and SIGKILL to all of it until nothing is left. */
import { setTimeout as sleep } from "node:timers/promises";
import { DaemonError } from "../../launch/errors.ts";
import { decodeWaitStatus, type ExitStatus } from "../../values/exitStatus.ts";
import { isSuccess, type ResourceUsage } from "../exit.ts";
import { faultPoint } from "../faultPoint.ts";
import { InitError } from "../init/initError.ts";
import type { ProcessRecord } from "../init/protocol.ts";
import { removedOrEmpty } from "../tree/cgroup.ts";
import { findTree } from "../tree/findTree.ts";
import { isSame } from "../tree/identity.ts";
import { killTree } from "../tree/killTree.ts";
import { releaseCgroup } from "../tree/serviceCgroup.ts";
import { nextSnapshot, Snapshot } from "../tree/snapshot.ts";
import type { Context } from "./context.ts";
import { isHook, parseKey } from "./key.ts";
import { answerSpawned } from "./launching.ts";
import type { Orphans } from "./orphans.ts";
import { treeOf } from "./treeOf.ts";
import type { Attempt, Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** Milliseconds until init must have told of the end of what is gone. */
const EXIT_PATIENCE = 2000;
/** Milliseconds between two looks at what lingers, where nobody tells of its end. */
const LOOK_AGAIN = 500;

export interface ToldExit {
  readonly attempt: number;
  readonly pid: number;
  readonly status: ExitStatus;
  readonly usage: ResourceUsage | null;
}

export class Endings {
  readonly #context: Context;
  readonly #orphans: Orphans;
  /** Init's names of processes whose exits were taken in. */
  readonly #seen = new Set<number>();
  readonly #again = new Set<number>();
  /** Exits in the events; undefined as long as nothing may be told again. */
  #toldBefore: Set<string> | undefined;
  readonly #waiters = new Map<number, (() => void)[]>();
  /** Exits that may be acknowledged once the journal is on the disk. */
  #owed: number[] = [];
  #look: NodeJS.Timeout | undefined;

  constructor(context: Context, orphans: Orphans) {
    this.#context = context;
    this.#orphans = orphans;
  }

  /** Init tells of an exit; it may do so again. */
  exited(record: ProcessRecord): void {
    const { commands, units, events } = this.#context;
    if (record.exit === undefined || this.#seen.has(record.serial)) return;
    faultPoint("before exit");
    this.#seen.add(record.serial);
    const key = parseKey(record.key);
    const unit = key === undefined ? undefined : units.get(key.instance);
    const status = record.exit.status === undefined ? "unknown" : decodeWaitStatus(record.exit.status);
    if (commands.exited(record) || key === undefined || unit === undefined) this.#acknowledge(record.serial);
    else if (key.beside === undefined) events.holdDuring(() => this.#mainExited(unit, unit.attempt(key.attempt), record, status));
    else this.#hookExited(unit, key.beside, key.attempt, record.serial, status);
  }

  /** Of a hook that an earlier supervisor had started. */
  #hookExited(unit: Unit, hook: string, attempt: number, serial: number, status: ExitStatus): void {
    if (!isHook(hook)) {
      this.#acknowledge(serial);
      return;
    }
    const why = "it did not succeed while the supervisor was away";
    const event = isSuccess(status)
      ? ({ type: "hookFinished", hook, attempt } as const)
      : ({ type: "hookFailed", hook, attempt, why } as const);
    this.#context.dispatcher.dispatch(unit, event, () => this.#acknowledge(serial));
  }

  #mainExited(unit: Unit, attempt: Attempt, record: ProcessRecord, status: ExitStatus): void {
    const { dispatcher, heirlooms } = this.#context;
    answerSpawned(this.#context, unit, attempt, record);
    const usage = usageOf(record);
    this.#context.pids.delete(record.pid);
    this.tell(unit, { attempt: attempt.number, pid: record.pid, status, usage }, this.#again.has(record.serial));
    const isMain = attempt.serial === record.serial;
    if (isMain) {
      attempt.ended = true;
      // Not later: its daemon, where it leaves one, is about to be kept in its place.
      heirlooms.drop(attempt);
    }
    const remains = isMain && this.#livesOn(unit, attempt, record);
    if (remains) this.linger(attempt);
    dispatcher.dispatch(
      unit,
      { type: "exited", attempt: attempt.number, pid: record.pid, status, remains, ...(usage === null ? {} : { usage }) },
      () => {
        for (const waiter of this.#waiters.get(record.serial) ?? []) waiter();
        this.#waiters.delete(record.serial);
        // The next process is on its way: what is over can wait for it.
        setImmediate(() => {
          if (isMain && !remains) this.release(unit, attempt.number);
          this.#acknowledge(record.serial);
        });
      },
    );
  }

  /** These were there when this supervisor began: the one before may have told of them. */
  mayBeToldAgain(serials: readonly number[]): void {
    for (const serial of serials) this.#again.add(serial);
  }

  /** An exit, for the events: once. `again`: another supervisor may have told of it. */
  tell(unit: Unit, exit: ToldExit, again: boolean): void {
    const { events } = this.#context;
    if (again && this.#isTold(unit.name, exit)) return;
    this.#toldBefore?.add(exitKey(unit.name, exit));
    events.append({ type: "exit", instance: unit.name, ...exit });
  }

  /** After a restart: the one before may have died between the journal and the events. */
  tellMissed(): void {
    const { events, units } = this.#context;
    const latest = events.after(events.latest - 1)[0]?.at ?? 0;
    const late = [...units.values()].filter(({ instance }) => instance.lastExit?.pid != null && instance.lastExit.wall >= latest);
    for (const unit of late) {
      const { lastExit } = unit.instance;
      if (lastExit?.pid == null) continue;
      const { attempt, pid, status, usage } = lastExit;
      this.tell(unit, { attempt, pid, status, usage }, true);
    }
  }

  /** By a supervisor before this one. Its events are read once, for all that may be told again. */
  #isTold(instance: string, exit: Pick<ToldExit, "attempt" | "pid">): boolean {
    const { events } = this.#context;
    this.#toldBefore ??= new Set(events.after(0).flatMap((event) => (event.type === "exit" ? exitKey(event.instance, event) : [])));
    return this.#toldBefore.has(exitKey(instance, exit));
  }

  /** A process of nobody's was reaped: what lingered may be gone by that. */
  orphanEnded(): void {
    if (this.#look !== undefined && this.#lingering().length > 0) this.#lookSoon(0);
  }

  /** SIGKILL to all of an attempt, or of the instance. */
  async killAll(unit: Unit, tree: number | "all"): Promise<void> {
    const { dispatcher } = this.#context;
    if (tree === "all") unit.hook?.abort();
    const attempts = tree === "all" ? [...unit.attempts.values()] : [unit.attempt(tree)];
    faultPoint("before kill");
    const { remaining } = await killTree(treeOf(this.#context, unit, tree));
    faultPoint("after kill");
    if (remaining.length > 0) {
      dispatcher.dispatch(unit, { type: "remains", tree, count: remaining.length });
      for (const { why, pid } of remaining) if (why !== undefined) this.#context.problems.tell(unit.name, `process ${pid}: ${why}`);
      return;
    }
    await Promise.all(attempts.map((attempt) => this.#toldOf(attempt)));
    dispatcher.dispatch(unit, { type: "gone", tree }, () => {
      for (const attempt of attempts) if (attempt.answered) this.release(unit, attempt.number);
    });
  }

  /** Nothing is left of an attempt. */
  release(unit: Unit, number: number): void {
    const { journal, notify, cgroups, heirlooms } = this.#context;
    const attempt = unit.attempts.get(number);
    if (attempt === undefined) return;
    heirlooms.drop(attempt);
    unit.attempts.delete(number);
    unlessRefused(() => journal.gone(unit.name, number));
    void notify.close(unit.name, number).catch(unlessInitIsGone);
    const path = attempt.cgroup;
    if (path !== null && !("none" in cgroups)) unlessRefused(() => void releaseCgroup(cgroups, path));
  }

  /** What was owed while the disk was full. */
  settle(): void {
    if (this.#context.journal.isBehind) return;
    for (const serial of this.#owed.splice(0)) this.#acknowledge(serial);
  }

  /** Something of it lives on without its main process: looked at until that is gone. */
  linger(attempt: Attempt): void {
    attempt.lingers = true;
    this.#lookSoon(LOOK_AGAIN);
  }

  /** Cheap where it can be, since the next process waits for it; a look at everything where it can't. */
  #livesOn(unit: Unit, attempt: Attempt, { adopted }: ProcessRecord): boolean {
    // Who moved to another cgroup is found when it is stopped.
    if (attempt.cgroup !== null) return !removedOrEmpty(attempt.cgroup);
    const found = adopted ? undefined : this.#orphans.of(unit.name, attempt.number, [...attempt.sessions]);
    if (found !== undefined) {
      const { ours, unknown } = found;
      attempt.left = ours;
      if (ours.length > 0 || unknown.length === 0) return ours.length > 0;
      // A daemon that has written its title over its mark, in a session of its own: the pid file will tell.
      if (unit.spec.type === "forking" && unit.spec.pidFile !== null) {
        attempt.suspects = unknown;
        return true;
      }
    }
    return findTree(treeOf(this.#context, unit, attempt.number), Snapshot.take()).length > 0;
  }

  #lingering(): { unit: Unit; attempt: Attempt }[] {
    return [...this.#context.units.values()].flatMap((unit) =>
      [...unit.attempts.values()].filter(({ lingers }) => lingers).map((attempt) => ({ unit, attempt })),
    );
  }

  #lookSoon(delay: number): void {
    if (delay > 0 && this.#look !== undefined) return;
    clearTimeout(this.#look);
    this.#look = setTimeout(() => {
      this.#look = undefined;
      void this.#lookAtLingering();
    }, delay);
  }

  async #lookAtLingering(): Promise<void> {
    const lingering = this.#lingering();
    if (lingering.length === 0) return;
    const snapshot = await nextSnapshot();
    for (const { unit, attempt } of lingering) {
      if (!attempt.lingers || attempt.suspects.some(isSame)) continue;
      if (findTree(treeOf(this.#context, unit, attempt.number), snapshot).length > 0) continue;
      attempt.lingers = false;
      // What is being stopped has no slot for this attempt any more: it waits for the end of all.
      const isAll = findTree(treeOf(this.#context, unit, "all"), snapshot).length === 0;
      const gone = { type: "gone", tree: isAll ? "all" : attempt.number } as const;
      this.#context.dispatcher.dispatch(unit, gone, () => this.release(unit, attempt.number));
    }
    if (this.#lingering().length > 0) this.#lookSoon(LOOK_AGAIN);
  }

  /** Resolves when init's record of its end was taken in: it says more than that it is gone. */
  #toldOf({ serial, ended }: Attempt): Promise<unknown> {
    if (serial === undefined || ended) return Promise.resolve();
    const told = new Promise<void>((resolve) => {
      const waiters = this.#waiters.get(serial) ?? [];
      this.#waiters.set(serial, [...waiters, resolve]);
    });
    return Promise.race([told, sleep(EXIT_PATIENCE, undefined, { ref: false })]);
  }

  /** Not before the journal holds what it means. */
  #acknowledge(serial: number): void {
    const { journal, client } = this.#context;
    if (journal.isBehind) {
      this.#owed.push(serial);
      return;
    }
    faultPoint("before acknowledge");
    client.acknowledgeExit(serial).then(() => {
      this.#seen.delete(serial);
      faultPoint("after acknowledge");
    }, unlessInitIsGone);
  }
}

function exitKey(instance: string, { attempt, pid }: Pick<ToldExit, "attempt" | "pid">): string {
  return `${instance}#${attempt}:${pid}`;
}

/** Then the next supervisor looks at all of it. */
export function unlessInitIsGone(error: unknown): void {
  if (error instanceof InitError) return;
  if (error instanceof DaemonError && error.code === "ENOENT") return;
  throw error;
}

export function usageOf({ exit }: ProcessRecord): ResourceUsage | null {
  if (exit?.usage === undefined) return null;
  const { userTime, systemTime, maxResident } = exit.usage;
  return { userMs: userTime / 1000, systemMs: systemTime / 1000, maxRssBytes: maxResident * 1024 };
}

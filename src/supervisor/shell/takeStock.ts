/**
 * What is really there when a supervisor begins: init's table, what the journal says was started, and what carries our mark.
 * What an earlier init started is taken into the table of this one, with its log pipes.
 */
import { DaemonError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { decodeWaitStatus, type ExitStatus } from "../../values/exitStatus.ts";
import type { ExitRecord, Found, HookName, Identity } from "../events.ts";
import { faultPoint } from "../faultPoint.ts";
import type { ProcessRecord } from "../init/protocol.ts";
import { isWithoutMain } from "../slots.ts";
import type { JournalEntry, SpawnNote } from "../state/journalRecords.ts";
import { findTree } from "../tree/findTree.ts";
import { identityOf, isSame } from "../tree/identity.ts";
import type { MarkedProcess } from "../tree/processTable.ts";
import { findServiceCgroup } from "../tree/serviceCgroup.ts";
import { Snapshot } from "../tree/snapshot.ts";
import { adoptPipes } from "./adoptPipes.ts";
import type { Context } from "./context.ts";
import { type Endings, usageOf } from "./endings.ts";
import { heldPidfd } from "./heirlooms.ts";
import { composeKey, isHook, parseKey } from "./key.ts";
import { logOf } from "./launching.ts";
import type { Attempt, Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";
import { zombieStatus } from "./zombieStatus.ts";

/** What the machine's `reconciled` is told, in the making. */
interface Stock {
  readonly alive: { readonly attempt: number; readonly identity: Identity }[];
  readonly exits: ExitRecord[];
  readonly remains: Set<number>;
  hook: boolean;
}

export interface Sources {
  readonly records: readonly ProcessRecord[];
  readonly entries: ReadonlyMap<string, JournalEntry>;
  /** Descriptors that init handed over. */
  readonly inherited: ReadonlyMap<string, number>;
  readonly endings: Endings;
  /** For a process of an instance that nobody knows any more: a unit that will be ended. */
  unknownUnit(instance: string): Unit;
}

/** By instance; also of those of which nothing is there. */
export async function takeStock(context: Context, sources: Sources): Promise<ReadonlyMap<Unit, Found>> {
  const inventory = new Inventory(context, sources);
  for (const record of sources.records) inventory.takeRecord(record);
  for (const unit of [...context.units.values()]) {
    for (const note of sources.entries.get(unit.name)?.spawns ?? []) await inventory.takeNote(unit, note);
  }
  await inventory.takeMarked();
  inventory.takeHidden();
  return inventory.found();
}

class Inventory {
  readonly #context: Context;
  readonly #sources: Sources;
  readonly #snapshot = Snapshot.take();
  readonly #stock = new Map<Unit, Stock>();

  constructor(context: Context, sources: Sources) {
    this.#context = context;
    this.#sources = sources;
    for (const unit of context.units.values()) this.#of(unit);
  }

  found(): ReadonlyMap<Unit, Found> {
    return new Map([...this.#stock].map(([unit, { remains, ...same }]) => [unit, { ...same, remains: [...remains] }]));
  }

  takeRecord(record: ProcessRecord): void {
    const key = parseKey(record.key);
    if (key === undefined) return;
    const unit = this.#unit(key.instance);
    const stock = this.#of(unit);
    if (key.beside !== undefined) {
      if (record.exit === undefined && isHook(key.beside)) stock.hook = true;
      return;
    }
    const identity = identityOf(record);
    const attempt = this.#attempt(unit, key.attempt, identity, record.serial);
    if (record.exit === undefined) {
      attempt.ended = false;
      this.#context.pids.add(record.pid);
      this.#note(unit, key.attempt, identity);
      stock.alive.push({ attempt: key.attempt, identity });
    } else {
      // A forking service's launcher may have a daemon after it.
      if (!stock.alive.some((one) => one.attempt === key.attempt)) attempt.ended = true;
      const exit = { attempt: key.attempt, pid: record.pid, status: statusOf(record) };
      stock.exits.push(exit);
      // Now, and not with the record itself, which comes once more: the journal will hold what it means in a moment.
      this.#sources.endings.tell(unit, { ...exit, usage: usageOf(record) }, true);
    }
  }

  /** What the journal says was started, or was about to be. */
  async takeNote(unit: Unit, note: SpawnNote): Promise<void> {
    const stock = this.#of(unit);
    if (note.what !== "process") {
      const running = this.#marked(unit, note.attempt, note.what)[0];
      if (running !== undefined && !stock.hook) stock.hook = await this.#adoptHook(unit, note.attempt, note.what, running);
      return;
    }
    if (stock.alive.some(({ attempt }) => attempt === note.attempt)) return;
    if (note.identity === null) {
      const marked = this.#marked(unit, note.attempt, undefined);
      // Its main process has ended, so these are what that left.
      if (stock.exits.some(({ attempt }) => attempt === note.attempt)) {
        if (marked.length > 0) this.#remain(unit, note.attempt);
        return;
      }
      const main = leaderOf(marked);
      if (main !== undefined) await this.#adopt(unit, note.attempt, identityOf(main));
      return;
    }
    const { identity } = note;
    if (isSame(identity) && (await this.#adopt(unit, note.attempt, identity))) return;
    const wasTold =
      stock.exits.some((exit) => exit.attempt === note.attempt && exit.pid === identity.pid) ||
      isKnownExit(unit, identity.pid, note.attempt);
    const attempt = this.#attempt(unit, note.attempt, identity, undefined);
    attempt.ended = true;
    if (!wasTold) {
      const status = this.#learnStatus(unit, note.attempt, identity);
      stock.exits.push({ attempt: note.attempt, pid: identity.pid, status });
      this.#sources.endings.tell(unit, { attempt: note.attempt, pid: identity.pid, status, usage: null }, true);
    }
    const mark = { home: this.#context.homeId, instance: unit.name, attempt: note.attempt };
    const tree = { mark, roots: [identity], cgroups: attempt.cgroup === null ? [] : [attempt.cgroup] };
    if (findTree(tree, this.#snapshot).length > 0) this.#remain(unit, note.attempt);
    else this.#sources.endings.release(unit, note.attempt);
  }

  /** What neither init nor the journal knows: the journal was damaged, or a service was deleted while its supervisor died. */
  async takeMarked(): Promise<void> {
    const { homeId } = this.#context;
    for (const { mark, pid } of this.#snapshot.processes.values()) {
      if (mark?.home !== homeId || this.#snapshot.isSpared(pid)) continue;
      const unit = this.#unit(mark.instance);
      const stock = this.#of(unit);
      if (mark.hook !== undefined) {
        // Of a hook that nobody waits for only its end is wanted.
        if (!stock.hook && unit.instance.hook === null && isHook(mark.hook)) this.#remain(unit, mark.attempt);
        continue;
      }
      if (stock.alive.some(({ attempt }) => attempt === mark.attempt) || stock.remains.has(mark.attempt)) continue;
      const isNoted = stock.exits.some(({ attempt }) => attempt === mark.attempt);
      const leader = isNoted ? undefined : leaderOf(this.#marked(unit, mark.attempt, undefined));
      if (leader === undefined || !(await this.#adopt(unit, mark.attempt, identityOf(leader)))) this.#remain(unit, mark.attempt);
    }
  }

  /** Daemons that have written over their marks, whose launchers ended while nobody looked: the pid file tells, or will tell. */
  takeHidden(): void {
    for (const [unit, { alive, exits, remains }] of this.#stock) {
      const { process } = unit.instance;
      if (unit.spec.type !== "forking" || unit.spec.pidFile === null || process === null) continue;
      const { attempt: number, launcher } = process;
      const isSought = isWithoutMain(process) || (launcher === null && exits.some(({ attempt }) => attempt === number));
      if (!isSought || remains.has(number) || alive.some(({ attempt }) => attempt === number)) continue;
      const suspects = this.#strangersSince(this.#startOf(unit, number));
      if (suspects.length === 0) continue;
      this.#remain(unit, number);
      unit.attempt(number).suspects = suspects;
    }
  }

  /** Children of init that nobody knows. */
  #strangersSince(earliest: number): readonly Identity[] {
    const { client, pids } = this.#context;
    const unmarked = this.#snapshot.unmarkedChildrenOf(client.hello.pid);
    return unmarked.filter(({ pid, startTime }) => !pids.has(pid) && startTime >= earliest).map(identityOf);
  }

  /** Of the launcher, in clock ticks after boot; 0 where nobody knows. */
  #startOf({ name, attempts }: Unit, number: number): number {
    return attempts.get(number)?.identity?.startTime ?? this.#noteOf(name, number)?.identity?.startTime ?? 0;
  }

  #noteOf(instance: string, number: number): SpawnNote | undefined {
    return this.#sources.entries.get(instance)?.spawns.find(({ attempt, what }) => attempt === number && what === "process");
  }

  #unit(instance: string): Unit {
    return this.#context.units.get(instance) ?? this.#sources.unknownUnit(instance);
  }

  #of(unit: Unit): Stock {
    const known = this.#stock.get(unit);
    if (known !== undefined) return known;
    const stock: Stock = { alive: [], exits: [], remains: new Set(), hook: false };
    this.#stock.set(unit, stock);
    return stock;
  }

  #attempt(unit: Unit, number: number, identity: Identity, serial: number | undefined): Attempt {
    const attempt = unit.attempt(number);
    attempt.answered = true;
    attempt.identity = identity;
    attempt.serial = serial;
    attempt.sessions.add(identity.pid);
    attempt.cgroup = this.#cgroupOf(unit, number);
    attempt.outputAt = this.#noteOf(unit.name, number)?.outputAt;
    return attempt;
  }

  /** A supervisor that was killed between the start of a process and its note leaves who it is to init alone, which may die, too. */
  #note(unit: Unit, number: number, identity: Identity): void {
    const known = this.#noteOf(unit.name, number)?.identity;
    if (known?.pid === identity.pid && known.startTime === identity.startTime) return;
    unlessRefused(() => this.#context.journal.spawned(unit.name, number, "process", identity));
  }

  #cgroupOf({ name }: Unit, number: number): string | null {
    const { cgroups } = this.#context;
    return "none" in cgroups ? null : findServiceCgroup(cgroups, name, number);
  }

  #remain(unit: Unit, number: number): void {
    const attempt = unit.attempt(number);
    attempt.cgroup = this.#cgroupOf(unit, number);
    attempt.answered = true;
    attempt.ended = true;
    this.#of(unit).remains.add(number);
    this.#sources.endings.linger(attempt);
  }

  #marked(unit: Unit, attempt: number, hook: string | undefined): readonly MarkedProcess[] {
    const marked = this.#snapshot.markedAs(this.#context.homeId, unit.name);
    return marked.filter(({ mark, pid }) => mark?.attempt === attempt && mark.hook === hook && !this.#snapshot.isSpared(pid));
  }

  /** False where it has ended meanwhile. */
  async #adopt(unit: Unit, number: number, identity: Identity): Promise<boolean> {
    const { client, problems } = this.#context;
    faultPoint("before adopt");
    const log = await logOf(this.#context, unit);
    const tree = { mark: { home: this.#context.homeId, instance: unit.name, attempt: number }, roots: [identity] };
    const pipes = adoptPipes(findTree(tree, this.#snapshot), log);
    try {
      const key = composeKey({ instance: unit.name, attempt: number });
      const { serial } = await client.adopt({ key, pid: identity.pid, startTime: BigInt(identity.startTime), pipes: pipes.list });
      this.#attempt(unit, number, identity, serial).ended = false;
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      if (error.code !== "ESRCH") problems.tell(unit.name, error.message);
      return false;
    } finally {
      pipes.close();
    }
    faultPoint("after adopt");
    this.#note(unit, number, identity);
    this.#context.pids.add(identity.pid);
    this.#of(unit).alive.push({ attempt: number, identity });
    return true;
  }

  async #adoptHook(unit: Unit, attempt: number, hook: HookName, { pid, startTime }: MarkedProcess): Promise<boolean> {
    try {
      const key = composeKey({ instance: unit.name, attempt, beside: hook });
      await this.#context.client.adopt({ key, pid, startTime: BigInt(startTime), pipes: [] });
      return true;
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      return false;
    }
  }

  /** How one ended that no init has told of: by the descriptor that the supervisor before kept, or while it is a zombie. */
  #learnStatus(unit: Unit, attempt: number, identity: Identity): ExitStatus {
    const pidfd = this.#sources.inherited.get(heldPidfd(unit.name, attempt));
    const status = (pidfd === undefined ? null : native().exitStatusOf(pidfd)) ?? zombieStatus(identity);
    return status === null ? "unknown" : decodeWaitStatus(status);
  }
}

/** Who leads a session that its parent isn't in: what was started for the attempt, as far as can be told. */
function leaderOf(processes: readonly MarkedProcess[]): MarkedProcess | undefined {
  const pids = new Set(processes.map(({ pid }) => pid));
  const leaders = processes.filter(({ pid, session, parent }) => pid === session && !pids.has(parent));
  // Of the same hundredth of a second: the smaller number, as long as they have not begun anew.
  return leaders.toSorted((one, other) => one.startTime - other.startTime || one.pid - other.pid)[0];
}

function isKnownExit({ instance }: Unit, pid: number, attempt: number): boolean {
  return instance.lastExit?.attempt === attempt && instance.lastExit.pid === pid;
}

function statusOf({ exit }: ProcessRecord): ExitStatus {
  return exit?.status === undefined ? "unknown" : decodeWaitStatus(exit.status);
}

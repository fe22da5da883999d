/** What findTree looks at: all processes of one pass, by parent, by session and by mark. Made once, for as many trees as are asked for. */
import { type MarkedProcess, readProcesses } from "./processTable.ts";

export class Snapshot {
  readonly processes: ReadonlyMap<number, MarkedProcess>;
  /** Never part of a tree: this process, all its parents (init among them), pid 1 and the kernel's own. */
  readonly #spared: ReadonlySet<number>;
  readonly #children: ReadonlyMap<number, readonly MarkedProcess[]>;
  readonly #sessions: ReadonlyMap<number, readonly MarkedProcess[]>;
  readonly #marked: ReadonlyMap<string, readonly MarkedProcess[]>;

  private constructor(processes: Map<number, MarkedProcess>) {
    this.processes = processes;
    this.#spared = sparedOf(processes);
    const all = [...processes.values()];
    this.#children = Map.groupBy(all, ({ parent }) => parent);
    this.#sessions = Map.groupBy(all, ({ session }) => session);
    this.#marked = Map.groupBy(all, ({ mark }) => (mark === undefined ? "" : `${mark.home}/${mark.instance}`));
  }

  static take(): Snapshot {
    return new Snapshot(readProcesses());
  }

  isSpared(pid: number): boolean {
    return this.#spared.has(pid);
  }

  /** Whether this process or a parent of it is in there, so that it can't be a tree's alone. */
  isOwnSession(session: number): boolean {
    return this.inSession(session).some(({ pid }) => this.isSpared(pid));
  }

  childrenOf(pid: number): readonly MarkedProcess[] {
    return this.#children.get(pid) ?? [];
  }

  /** Children of it that carry no mark: those of init may be daemons that wrote over theirs. */
  unmarkedChildrenOf(pid: number): readonly MarkedProcess[] {
    return this.childrenOf(pid).filter((child) => child.mark === undefined && !this.isSpared(child.pid));
  }

  inSession(session: number): readonly MarkedProcess[] {
    return this.#sessions.get(session) ?? [];
  }

  /** All that carry the mark of an instance, whatever the attempt. */
  markedAs(home: string, instance: string): readonly MarkedProcess[] {
    return this.#marked.get(`${home}/${instance}`) ?? [];
  }
}

let coming: Promise<Snapshot> | undefined;

/** One that is begun after this call. Who asks in the same turn of the event loop gets the same one: ending 1,000 trees costs as few as one. */
export function nextSnapshot(): Promise<Snapshot> {
  coming ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      coming = undefined;
      try {
        resolve(Snapshot.take());
      } catch (error) {
        reject(error);
      }
    });
  });
  return coming;
}

function sparedOf(processes: ReadonlyMap<number, MarkedProcess>): Set<number> {
  const spared = new Set([1]);
  for (let pid = process.pid; pid > 0 && !spared.has(pid); pid = processes.get(pid)?.parent ?? 0) spared.add(pid);
  for (const { pid, kernel } of processes.values()) if (kernel) spared.add(pid);
  return spared;
}

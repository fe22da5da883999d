/** Writes what is measured into the history, and fills in what was measured while nobody wrote. */
import type { Client } from "../api/client.ts";
import type { MonitorSample } from "./apiTypes.ts";
import { History } from "./history.ts";
import { rowOf, type SampleRow } from "./historyRows.ts";
import { TIERS } from "./historyTiers.ts";

const STEP = TIERS[0].step;
/** Milliseconds until a history that can't be written to is tried again. */
const PATIENCE = 60_000;

export class Recorder {
  readonly #directory: string;
  readonly #client: Client;
  readonly #tell: (problem: string) => void;
  #history: History | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #slot = 0;
  #problem: string | null = null;

  /** @param tell called once for each problem that begins */
  constructor(directory: string, client: Client, tell: (problem: string) => void) {
    this.#directory = directory;
    this.#client = client;
    this.#tell = tell;
  }

  /** Why nothing is written; null while all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Opened when it is first needed. Undefined where that does not work: the dashboard goes on without a past. */
  history(): History | undefined {
    if (this.#history !== undefined || Date.now() - this.#triedAt < PATIENCE) return this.#history;
    this.#triedAt = Date.now();
    this.#attempt(() => {
      this.#history = History.open(this.#directory);
      void this.#fillIn(this.#history);
    });
    return this.#history;
  }

  /** One of each 5 s is kept. */
  add(sample: MonitorSample): void {
    const slot = Math.floor(sample.at / STEP);
    if (slot === this.#slot) return;
    this.#slot = slot;
    const history = this.history();
    if (history !== undefined) this.#attempt(() => history.add(sample));
  }

  close(): void {
    this.#history?.close();
    this.#history = undefined;
    this.#triedAt = Number.POSITIVE_INFINITY;
  }

  /** The supervisor knows the last hour, whoever was there to write it down. */
  async #fillIn(history: History): Promise<void> {
    const series = await this.#client.history({ since: Math.max(history.latest + 1, Date.now() - 3_600_000) }).catch(() => []);
    const moments = new Map<number, SampleRow[]>();
    for (const { name, at, values } of series) {
      for (const [index, time] of at.entries()) {
        const figures = Object.fromEntries(Object.entries(values).map(([column, all]) => [column, all?.[index]]));
        const slot = Math.floor(time / STEP) * STEP;
        const rows = moments.get(slot) ?? [];
        rows.push(rowOf(name, figures));
        moments.set(slot, rows);
      }
    }
    if (moments.size === 0 || this.#history !== history) return;
    const first = Math.min(...moments.keys());
    const slots = (Math.max(...moments.keys()) - first) / STEP + 1;
    this.#attempt(() => {
      history.fill(TIERS[0], first / STEP, slots, (index) => moments.get(first + index * STEP) ?? []);
      history.redo(first);
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
      this.#problem = null;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#tell(problem);
      this.#problem = problem;
    }
  }
}

/**
 * The past month, in SQLite: each 5 s for an hour, each minute for two days, each quarter of an hour for 30 days.
 *
 *   const history = History.open("/var/lib/daemonitor/history");
 *   history.add(sample);
 *   history.chart("web/0", { since, until });
 *
 * Each sample is one transaction in a write-ahead log: after SIGKILL all that was told is there and whole. A coarser row is
 * made of the finer ones when its time is over, or when the history is opened the next time, so none is lost to a restart.
 */
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MonitorSample } from "./apiTypes.ts";
import { systemErrorOf } from "./fileErrors.ts";
import { chartOf, type PastChart, type Row } from "./historyChart.ts";
import { rowsOf, type SampleRow } from "./historyRows.ts";
import { insertInto, read, rollUp, SCHEMA, VERSION } from "./historySql.ts";
import { kindOf, TIERS, type Tier, tierFor } from "./historyTiers.ts";
import { openDatabase } from "./sqlite.ts";

const [FINE, MEDIUM, COARSE] = TIERS;
/** Bytes of the database: what is above costs the oldest days. */
const MOST_BYTES = 512 * 1024 * 1024;

export class History {
  readonly #database: DatabaseSync;
  readonly #ids = new Map<string, number>();
  readonly #insert: StatementSync;
  readonly #reads = new Map<string, StatementSync>();
  #lastFine = 0;
  #lastMinute = 0;
  #lastQuarter = 0;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(insertInto(FINE));
    this.#readIds();
    const last = ({ table }: Tier) => Number(database.prepare(`SELECT MAX(slot) AS slot FROM ${table}`).get()?.slot ?? 0);
    this.#lastFine = last(FINE);
    this.#lastMinute = last(MEDIUM);
    this.#lastQuarter = last(COARSE);
  }

  /**
   * @param directory is made, mode 0700, where it isn't there
   * @throws DaemonError with the errno of what failed. A file that is damaged is put aside, and a new one begun.
   */
  static open(directory: string): History {
    const path = join(directory, "history.sqlite");
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemErrorOf(error, "history", directory);
    }
    try {
      return new History(prepared(path));
    } catch (error) {
      if (!isDamaged(error) || !existsSync(path)) throw error;
      renameSync(path, `${path}.damaged-${Date.now()}`);
      return new History(prepared(path));
    }
  }

  /** When the latest sample was taken; 0 where there is none. */
  get latest(): number {
    return this.#lastFine * FINE.step;
  }

  /** Ignored where there is one of the same 5 s. */
  add(sample: MonitorSample): void {
    this.addRows(sample.at, rowsOf(sample));
  }

  addRows(at: number, rows: readonly SampleRow[]): void {
    const slot = Math.floor(at / FINE.step);
    this.#transaction(() => {
      for (const { series, values } of rows) this.#insert.run(this.#idOf(series), slot, ...values);
    });
    this.#lastFine = Math.max(this.#lastFine, slot);
    this.rollUp(at);
  }

  /** Rows of a past that is known already, one transaction for all. `rows` gives those of the n-th slot after `first`. */
  fill(tier: Tier, first: number, slots: number, rows: (index: number) => readonly SampleRow[]): void {
    const insert = this.#database.prepare(insertInto(tier));
    this.#transaction(() => {
      for (let index = 0; index < slots; index += 1) {
        for (const { series, values } of rows(index)) insert.run(this.#idOf(series), first + index, ...values);
      }
    });
  }

  /** Makes the coarser rows of all that is over by now. */
  rollUp(now: number): void {
    const minute = Math.floor(now / MEDIUM.step);
    if (minute > this.#lastMinute + 1) {
      this.#database.prepare(rollUp(FINE, MEDIUM)).run(this.#lastMinute, minute);
      this.#lastMinute = minute - 1;
    }
    const quarter = Math.floor(now / COARSE.step);
    if (quarter > this.#lastQuarter + 1) {
      this.#database.prepare(rollUp(MEDIUM, COARSE)).run(this.#lastQuarter, quarter);
      this.#lastQuarter = quarter - 1;
      this.forget(now);
    }
  }

  /** Makes the coarser rows again that rows were added to later. */
  redo(since: number): void {
    this.#database.prepare(rollUp(FINE, MEDIUM)).run(Math.floor(since / MEDIUM.step), this.#lastMinute + 1);
    this.#database.prepare(rollUp(MEDIUM, COARSE)).run(Math.floor(since / COARSE.step), this.#lastQuarter + 1);
  }

  /** Removes what is older than is kept, and series that nothing is left of. */
  forget(now: number): void {
    const days = this.size() > MOST_BYTES ? COARSE.keep / 2 : COARSE.keep;
    this.#transaction(() => {
      for (const { table, step, keep } of TIERS) {
        this.#database.prepare(`DELETE FROM ${table} WHERE slot < ?`).run(Math.floor((now - Math.min(keep, days)) / step));
      }
      const gone = TIERS.map(({ table }) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table}.series = series.id)`);
      this.#database.exec(`DELETE FROM series WHERE ${gone.join(" AND ")}`);
    });
    this.#readIds();
  }

  /** Of one series; empty for one that never was. Times are milliseconds since 1970. */
  chart(
    name: string,
    { since, until, now = Date.now() }: { readonly since: number; readonly until: number; readonly now?: number },
  ): PastChart {
    const tier = tierFor(now - since);
    const id = this.#ids.get(name);
    const slots = [Math.floor(since / tier.step), Math.floor(until / tier.step)] as const;
    const rows = id === undefined ? [] : (this.#reader(tier).all(id, ...slots) as unknown as readonly Row[]);
    return chartOf(rows, { name, kind: kindOf(name), step: tier.step, since, until });
  }

  names(): readonly string[] {
    return [...this.#ids.keys()];
  }

  /** Bytes that are in use. */
  size(): number {
    const pragma = (name: string) => Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  close(): void {
    this.#database.close();
  }

  #reader(tier: Tier): StatementSync {
    const found = this.#reads.get(tier.table) ?? this.#database.prepare(read(tier));
    this.#reads.set(tier.table, found);
    return found;
  }

  #idOf(series: string): number {
    const known = this.#ids.get(series);
    if (known !== undefined) return known;
    const id = Number(this.#database.prepare("INSERT INTO series (name) VALUES (?)").run(series).lastInsertRowid);
    this.#ids.set(series, id);
    return id;
  }

  #readIds(): void {
    this.#ids.clear();
    for (const { id, name } of this.#database.prepare("SELECT id, name FROM series").all()) this.#ids.set(String(name), Number(id));
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      // Ids of series that were added in it are no ids any more.
      this.#readIds();
      throw error;
    }
  }
}

function prepared(path: string): DatabaseSync {
  const database = openDatabase(path);
  try {
    // NORMAL: a power cut may cost the last samples, never the file.
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000; PRAGMA journal_size_limit = 4194304;",
    );
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
    if (version > VERSION)
      throw new Error(`the history in ${path} was written by a newer daemonitor (version ${version}): use that one, or another --history`);
    database.exec(`${SCHEMA} PRAGMA user_version = ${VERSION};`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isDamaged(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (error.errcode === 11 || error.errcode === 26);
}

/** Bytes that the history has on disk, with its write-ahead log. */
export function bytesOnDisk(directory: string): number {
  const sizeOf = (name: string) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"].map(sizeOf).reduce((one, other) => one + other);
}

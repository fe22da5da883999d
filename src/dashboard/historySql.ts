/** The tables of the history. */
import { PEAKS, TIERS, type Tier, VALUES } from "./historyTiers.ts";

const values = Array.from({ length: VALUES }, (_, index) => `v${index}`);
const peaks = Array.from({ length: PEAKS }, (_, index) => `p${index}`);
const all = [...values, ...peaks];

/** PRAGMA user_version of the tables below. */
export const VERSION = 1;

/** A row is found by its series and its slot, which is its time divided by the tier's step. */
export const SCHEMA: string = [
  "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;",
  ...TIERS.map(
    ({ table }) =>
      `CREATE TABLE IF NOT EXISTS ${table} (series INTEGER NOT NULL, slot INTEGER NOT NULL, ${all.map((name) => `${name} INTEGER`).join(", ")}, PRIMARY KEY (series, slot)) STRICT, WITHOUT ROWID;`,
  ),
].join("\n");

export function insertInto({ table }: Tier): string {
  return `INSERT OR IGNORE INTO ${table} (series, slot, ${all.join(", ")}) VALUES (?, ?${", ?".repeat(all.length)})`;
}

/** Parameters: the first slot of the upper tier, and the one after the last. */
export function rollUp(from: Tier, to: Tier): string {
  const ratio = to.step / from.step;
  const means = values.map((name) => `CAST(ROUND(AVG(${name})) AS INTEGER)`);
  const greatest = peaks.map((name) => `MAX(${name})`);
  return `INSERT OR REPLACE INTO ${to.table} (series, slot, ${all.join(", ")})
    SELECT series, slot / ${ratio} AS upper, ${[...means, ...greatest].join(", ")} FROM ${from.table}
    WHERE slot >= ? * ${ratio} AND slot < ? * ${ratio} GROUP BY series, upper`;
}

/** Parameters: series, first slot, last slot. */
export function read({ table }: Tier): string {
  return `SELECT slot, ${all.join(", ")} FROM ${table} WHERE series = ? AND slot BETWEEN ? AND ? ORDER BY slot`;
}

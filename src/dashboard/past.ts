/** The history as one who only looks reads it: nothing is made, put aside or rolled up, and the dashboard goes on writing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chartOf, type PastChart, type Row } from "./historyChart.ts";
import { read, VERSION } from "./historySql.ts";
import { kindOf, TIERS, tierFor } from "./historyTiers.ts";
import { quietly } from "./quietly.ts";

export interface Span {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
}

/**
 * All series of a span, each in the tier that reaches back so far and in the finer ones: those have what was not rolled up
 * yet. Undefined where there is no history.
 *
 * @param directory as `daemonitor dashboard --history` has it
 * @throws what node:sqlite throws, and an Error for a file of a newer version
 * @example
 * readPast("/var/lib/daemonitor/dashboard", { since: Date.now() - 86_400_000, until: Date.now() });
 */
export function readPast(directory: string, { since, until }: Span): readonly PastChart[] | undefined {
  const path = join(directory, "history.sqlite");
  if (!existsSync(path)) return undefined;
  const { DatabaseSync } = quietly(() => process.getBuiltinModule("node:sqlite"));
  const database = quietly(() => new DatabaseSync(path, { readOnly: true }));
  try {
    database.exec("PRAGMA busy_timeout = 2000");
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
    if (version > VERSION) throw new Error(`it was written by a newer daemonitor (version ${version})`);
    const series = database.prepare("SELECT id, name FROM series").all();
    const coarsest = tierFor(until - since);
    return TIERS.filter(({ step }) => step <= coarsest.step).flatMap((tier) => {
      const statement = database.prepare(read(tier));
      const slots = [Math.floor(since / tier.step), Math.floor(until / tier.step)] as const;
      return series.flatMap(({ id, name }) => {
        const rows = statement.all(Number(id), ...slots) as unknown as readonly Row[];
        const about = { name: String(name), kind: kindOf(String(name)), step: tier.step, since, until };
        return rows.length === 0 ? [] : [chartOf(rows, about)];
      });
    });
  } finally {
    database.close();
  }
}

/** The home's id, from what runs under it: where its file was lost, another id would leave all marks behind without a home. */
import { join } from "node:path";
import type { Home } from "../state/home.ts";
import type { Journal } from "../state/journal.ts";
import { readWhole, writeWholeSync } from "../state/wholeFile.ts";
import { isSame } from "../tree/identity.ts";
import { readMark } from "../tree/mark.ts";
import { unlessRefused } from "./unlessRefused.ts";

const STEP = "home id";

/** Undefined where nothing runs that the journal knows and that shows its mark. */
export function regainHomeId(home: Home, journal: Pick<Journal, "entries">): string | undefined {
  const id = idOfWhatRuns(journal);
  if (id === undefined) return undefined;
  const path = join(home.run, "id");
  const content = `${id}\n`;
  if (readWhole(path, STEP)?.toString("latin1") !== content) unlessRefused(() => writeWholeSync(path, content, STEP, { durable: false }));
  return id;
}

function idOfWhatRuns({ entries }: Pick<Journal, "entries">): string | undefined {
  for (const { name, spawns } of entries.values()) {
    for (const { identity } of spawns) {
      if (identity === null || !isSame(identity)) continue;
      const mark = readMark(identity.pid);
      if (mark?.instance === name && /^[0-9a-f]{16}$/.test(mark.home)) return mark.home;
    }
  }
  return undefined;
}

/**
 * What happens on a disk of 64 KiB that fills up, is read-only, and recovers. Runs in a mount namespace of its own, with
 * the disk mounted on the directory that is named; prints what it saw as JSON.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DesiredState } from "../../src/supervisor/state/desiredState.ts";
import { Journal } from "../../src/supervisor/state/journal.ts";
import { TreeLock } from "../../src/supervisor/state/treeLock.ts";
import { fillDisk } from "../support/fillDisk.ts";
import { until } from "../support/wait.ts";
import { IDENTITY, reporter, running, specs } from "./stateFixture.ts";

const [dir = "", trouble = "full"] = process.argv.slice(2);
const { web, db } = await specs();
const { report, reports, kinds } = reporter();
const path = join(dir, "services.json");
const openJournal = () => Journal.open(join(dir, "journal"), { bootId: IDENTITY.bootId, report });

function remount(option: string): void {
  execFileSync("mount", ["-o", `remount,${option}`, dir]);
}

const codeOf = (act: () => unknown): unknown => {
  try {
    act();
    return "nothing";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
};

const desired = DesiredState.open(path, { report, retry: [20, 100] });
const journal = openJournal();
desired.set(db, true);
await desired.saved();
journal.put(running("web/0", 1));
const before = readFileSync(path, "utf8");

if (trouble === "full") fillDisk(join(dir, "filler"));
let attempt = 1;
// A file that is open for writing can't become read-only: a journal's disk can only be full.
const journalFailed =
  trouble === "full"
    ? codeOf(() => {
        for (;;) journal.put(running("web/0", ++attempt));
      })
    : "not tried";
const atFailure = openJournalEntries();
if (trouble === "read-only") {
  journal.close();
  remount("ro");
}
desired.set({ ...web, env: { A: "x".repeat(8000) } }, true);
const saveFailed = await desired.saved().then(
  () => "nothing",
  (error: { message: string }) => error.message,
);
const untouched = readFileSync(path, "utf8") === before;
const left = readdirSync(dir).sort();
const whileBehind =
  trouble === "full"
    ? { behind: journal.isBehind, catchUp: journal.catchUp(), lock: codeOf(() => TreeLock.acquire(join(dir, "lock")).close()) }
    : {};

if (trouble === "read-only") remount("rw");
else rmSync(join(dir, "filler"));
await until("the state to be saved", () => !desired.isDirty);
const caughtUp = trouble === "full" ? journal.catchUp() : true;
if (trouble === "full") journal.close();
const last = openJournal();
const summary = {
  ...{ journalFailed, saveFailed, untouched, left, whileBehind, caughtUp },
  unwritten: attempt - atFailure,
  attempt: (last.entries.get("web/0")?.instance?.attempt ?? 0) - attempt,
  saved: [...DesiredState.open(path, { report }).services.keys()],
  kinds: kinds().sort(),
  damaged: reports.filter(({ kind }) => kind === "damaged"),
};
last.close();
console.log(JSON.stringify(summary));

/** The attempt that a supervisor would find if this one died now. Looks, and changes nothing. */
function openJournalEntries(): number {
  const lines = readFileSync(join(dir, "journal"), "utf8").split("\n");
  if (lines.pop() !== "") throw new Error("the journal ends in half a line");
  return JSON.parse(lines.at(-1) ?? "").instance.attempt;
}

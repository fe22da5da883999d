/** What the event log does on a disk that fills up and recovers. Runs in a mount namespace of its own; prints what it saw as JSON. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import { EventLog } from "../../src/supervisor/eventLog.ts";
import { fillDisk } from "../support/fillDisk.ts";

const [dir = ""] = process.argv.slice(2);
const path = join(dir, "events");
const told: number[] = [];
const kinds: string[] = [];
const log = EventLog.open(path, {
  report: ({ kind }) => {
    kinds.push(kind);
    // As the supervisor does: trouble is an event as well.
    log.append({ type: kind === "recovered" ? "recovered" : "problem", subject: path, message: kind });
  },
});
log.subscribe(({ seq }) => told.push(seq));
const happen = (count: number) => {
  for (let index = 0; index < count; index++) log.append({ type: "problem", subject: "s", message: "x".repeat(100) });
};

happen(10);
fillDisk(join(dir, "filler"));
happen(100);
const whileFull = log.after(0).map(({ seq }) => seq);
const inFileWhileFull = numbers();
rmSync(join(dir, "filler"));
happen(10);
const inFile = numbers();
log.close();
const again = EventLog.open(path, { report: () => undefined });
process.stdout.write(
  JSON.stringify({
    kinds,
    told,
    whileFull,
    inFileWhileFull,
    inFile,
    latest: again.latest,
    next: again.append({ type: "recovered", subject: "s", message: "m" }).seq,
  }),
);

function numbers(): number[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => (JSON.parse(line) as SupervisorEvent).seq);
}

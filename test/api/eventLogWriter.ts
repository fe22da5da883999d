/** Appends to the log that is named as fast as it can, and says on standard output what it may rely on. */
import { writeSync } from "node:fs";
import { EventLog } from "../../src/supervisor/eventLog.ts";

const [path = ""] = process.argv.slice(2);
const log = EventLog.open(path, { report: (what) => writeSync(1, `report ${JSON.stringify(what)}\n`), rotateAt: 64 * 1024 });
writeSync(1, `opened ${log.latest}\n`);
for (;;) {
  const { seq } = log.append({ type: "problem", subject: "disk", message: "x".repeat(1 + (log.latest % 300)) });
  writeSync(1, `appended ${seq}\n`);
}

/** Saves and appends as fast as it can, in the directory that is named, and says on standard output what it may rely on. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { DesiredState } from "../../src/supervisor/state/desiredState.ts";
import { Journal } from "../../src/supervisor/state/journal.ts";
import { IDENTITY, running, specs } from "./stateFixture.ts";

const [dir = ""] = process.argv.slice(2);
const { db } = await specs();
const report = (what: unknown) => writeSync(1, `report ${JSON.stringify(what)}\n`);
const desired = DesiredState.open(join(dir, "services.json"), { report });
const journal = Journal.open(join(dir, "journal"), { bootId: IDENTITY.bootId, report, compactFrom: 8192 });
const next = 1 + Math.max(0, ...[...journal.entries.values()].map(({ instance }) => instance?.attempt ?? 0));

// `instances` tells the version, the padding makes the file large enough to be caught half written.
for (let version = Math.max(next, desired.services.get("db")?.spec.instances ?? 0); ; version++) {
  writeSync(1, `begun ${version}\n`);
  desired.set({ ...db, instances: version, env: { PADDING: String(version).repeat(20_000) } }, version % 2 === 0);
  const saved = desired.saved();
  for (const name of ["web/0", "web/1", "web/2"]) {
    journal.put(running(name, version));
    writeSync(1, `put ${name} ${version}\n`);
  }
  journal.spawned("web/0", version, "process", { ...IDENTITY, pid: version });
  writeSync(1, `spawned web/0 ${version}\n`);
  await saved;
  writeSync(1, `saved ${version}\n`);
}

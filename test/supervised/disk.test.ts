import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { type Disks, needsDisks, onSmallDisks } from "../fixtures/supervised2/disks.ts";
import { killTree } from "../support/killTree.ts";
import { isAlive } from "../support/process.ts";
import type { Supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const skip = needsDisks();
const NAP: ServiceConfig = { command: ["sleep", "1000"], restart: { stable: "1ms" } };

for (const trouble of ["full", "read-only"] as const) {
  test(`a state directory that is ${trouble}: services go on, the command says why, and what was asked is saved later`, {
    skip,
  }, async (t) => {
    const disks = await onSmallDisks(t);
    const { s } = disks;
    await s.apply({ nap: NAP });
    const saved = readFileSync(s.home.desiredStateFile, "utf8");
    trouble === "full" ? disks.fill("state") : disks.remount("state", "ro");

    const { code, stderr } = await s.command(["start", "--name", "new", "--", "sleep", "1000"]);
    assert.notEqual(code, 0);
    const why =
      trouble === "full"
        ? /No space left on device \(ENOSPC\); free some space/
        : /Read-only file system \(EROFS\); make the file system writable/;
    assert.match(stderr, why);
    assert.match(stderr, /services\.json/);
    assert.ok(!/\n\s+at /.test(stderr), stderr);
    assert.equal(readFileSync(s.home.desiredStateFile, "utf8"), saved);
    await restartsAfterKill(s, "nap/0");
    const { stdout } = await s.command(["status"]);
    assert.match(stdout, /degraded: .*services\.json/);
    // Another supervisor knows what was saved, and leaves what runs alone.
    const { pid } = await s.status("nap/0");
    await killTree(s, "supervisor");
    assert.equal((await s.status("nap/0")).pid, pid);

    trouble === "full" ? disks.makeRoom("state") : disks.remount("state", "rw");
    assert.equal((await s.command(["start", "--name", "newer", "--", "sleep", "1000"])).code, 0);
    await until("it to be well again", async () => (await s.about()).degraded.length === 0);
    assert.deepEqual(
      servicesIn(s).filter((name) => name !== "new"),
      ["nap", "newer"],
    );
    assert.ok(!readdirSync(s.home.state).some((name) => name.includes("damaged")));
  });
}

test("what could not be saved on a full disk is saved by itself when there is room again", { skip }, async (t) => {
  const disks = await onSmallDisks(t);
  const { s } = disks;
  await s.apply({ nap: NAP });
  disks.fill("state");
  assert.notEqual((await s.command(["start", "--name", "new", "--", "sleep", "1000"])).code, 0);
  assert.match((await s.about()).degraded.join(), /ENOSPC/);
  disks.makeRoom("state");
  await until("it to be saved", () => servicesIn(s).includes("new"), { timeout: 30_000 });
  await until("it to be well again", async () => (await s.about()).degraded.length === 0);
  assert.ok((await s.events()).some((event) => event.type === "recovered"));
});

test("a runtime directory that is full: restarts work, also of the supervisor, and the journal is whole afterwards", {
  skip,
}, async (t) => {
  const disks = await onSmallDisks(t);
  const { s } = disks;
  await s.apply({ nap: NAP, other: NAP });
  disks.fill("run");
  for (let round = 0; round < 3; round++) await restartsAfterKill(s, "nap/0");
  await until("it to be told", async () => (await s.about()).degraded.some((text) => /journal.*ENOSPC|ENOSPC.*journal/s.test(text)));
  const pids = s.processes().sort();
  await killTree(s, "supervisor");
  assert.deepEqual(s.processes().sort(), pids, "the same ones, though the journal could not tell of them");
  await restartsAfterKill(s, "other/0");

  disks.makeRoom("run");
  await until("it to be well again", async () => (await s.about()).degraded.length === 0, { timeout: 30_000 });
  const after = s.processes().sort();
  await killTree(s, "both");
  assert.deepEqual(s.processes().sort(), after);
  for (const name of ["nap/0", "other/0"]) assert.equal((await s.status(name)).state, "running");
  assert.ok(!readdirSync(s.home.run).some((name) => name.includes("damaged")));
});

test("a log directory that is full: output waits, and all of it is there when there is room again", { skip }, async (t) => {
  const disks = await onSmallDisks(t);
  const { s } = disks;
  const cue = join(s.dir, "cue");
  const lines = 30_000;
  await s.apply({
    nap: NAP,
    writer: { command: ["sh", "-c", `while [ ! -e ${cue} ]; do sleep 0.05; done; seq 1 ${lines}; echo done > ${cue}; exec sleep 1000`] },
  });
  disks.fill("log");
  const { code } = await s.command(["status"]);
  assert.equal(code, 0);
  writeFileSync(cue, "");
  const problem = await until("it to be told", async () => (await s.about()).degraded.find((text) => text.includes("writer/0: log")));
  assert.match(problem, /No space left on device \(ENOSPC\)/);
  assert.equal(statSync(cue).size, 0, "the writer waits");
  const { pid } = await s.status("writer/0");
  await restartsAfterKill(s, "nap/0");
  await killTree(s, "supervisor");
  assert.ok(pid !== null && isAlive(pid));

  disks.makeRoom("log");
  await until("the rest", () => s.log("writer/0").endsWith(`\n${lines}\n`), { timeout: 30_000 });
  assert.equal(s.log("writer/0"), Array.from({ length: lines }, (_, number) => `${number + 1}\n`).join(""));
  assert.ok(existsSync(cue));
  assert.equal((await s.status("writer/0")).pid, pid);
  await until("it to be well again", async () => (await s.about()).degraded.length === 0);
});

async function restartsAfterKill(s: Supervised, instance: string): Promise<void> {
  const { pid } = await s.status(instance);
  assert.ok(pid !== null);
  process.kill(pid, "SIGKILL");
  await until(`another process of ${instance}`, async () => {
    const now = await s.status(instance);
    return now.state === "running" && now.pid !== pid;
  });
  assert.equal(s.processes(instance).length, 1);
}

function servicesIn(s: Disks["s"]): string[] {
  const { services } = JSON.parse(readFileSync(s.home.desiredStateFile, "utf8")) as { services: { spec: { name: string } }[] };
  return services.map(({ spec }) => spec.name).sort();
}

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { treeOf } from "../fixtures/supervised2/tree.ts";
import { killTree, type Victim } from "../support/killTree.ts";
import { isAlive } from "../support/process.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const GARBAGE = Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919 + (index >> 3)) & 255));

interface Damage {
  readonly kind: string;
  readonly victim: Victim;
  /** Null for none. */
  of(content: Buffer): Uint8Array | null;
}

const DAMAGES: readonly Damage[] = [
  { kind: "garbage", victim: "supervisor", of: () => GARBAGE },
  { kind: "truncated", victim: "both", of: (content) => content.subarray(0, Math.floor(content.length * 0.6)) },
  { kind: "of an unknown version", victim: "supervisor", of: fromTheFuture },
  { kind: "empty", victim: "both", of: () => Buffer.alloc(0) },
  { kind: "deleted", victim: "supervisor", of: () => null },
  { kind: "garbage again", victim: "both", of: () => GARBAGE },
];

interface Damaged {
  readonly file: string;
  path(s: Supervised): string;
  /** Whose damage can't be told from an ordinary crash, or costs nothing, needn't be reported. */
  readonly reported: readonly string[];
}

const FILES: readonly Damaged[] = [
  { file: "journal", path: ({ home }) => home.journalFile, reported: ["garbage", "of an unknown version", "garbage again"] },
  {
    file: "desired state",
    path: ({ home }) => home.desiredStateFile,
    reported: ["garbage", "truncated", "of an unknown version", "empty", "garbage again"],
  },
  { file: "event log", path: ({ home }) => join(home.run, "events"), reported: ["garbage", "of an unknown version", "garbage again"] },
  { file: "home id", path: ({ home }) => join(home.run, "id"), reported: [] },
  { file: "lock", path: ({ home }) => home.lockFile, reported: [] },
];

for (const { file, path: pathOf, reported } of FILES) {
  test(`a damaged ${file}: the supervisor comes up, what runs is kept, and never started twice`, async (t) => {
    const s = await supervised(t);
    const path = pathOf(s);
    const pids = await startSome(s);
    for (const { kind, victim, of } of DAMAGES) {
      const before = readFileSync(path);
      const after = of(before);
      if (after === null) rmSync(path);
      else writeFileSync(path, after);
      await killTree(s, victim);
      assert.deepEqual(s.processes().sort(), pids, kind);
      for (const service of await s.client.list()) {
        for (const { name, state, pid, restarts } of service.instances) {
          assert.deepEqual([state, restarts, pid !== null && pids.includes(pid)], ["running", 0, true], `${kind}: ${name}`);
        }
      }
      const { supervisors, inits } = treeOf(s);
      assert.deepEqual([supervisors.length, inits.length], [1, 1], kind);
      if (!reported.includes(kind) || after === null) continue;
      assert.match((await s.about()).degraded.join(), new RegExp(`${basename(path)} \\(damaged\\)`), kind);
      assert.ok(
        // Without the half line at its end.
        asideOf(path).some((aside) => isBeginning(readFileSync(aside), after)),
        `${kind}: it was not kept`,
      );
    }
    assert.deepEqual((await s.client.list()).map(({ name }) => name).sort(), ["daemon", "nap"]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { instances } = await s.client.act({ selector: "all", action: "stop" });
    assert.ok(instances.every(({ outcome }) => outcome === "done"));
    await until("nothing of it to be left", () => pids.every((pid) => !isAlive(pid)));
  });
}

test("desired state lost with its copy: what runs goes on, that is told, and who applies it again takes it over", async (t) => {
  const s = await supervised(t);
  const pids = await startSome(s);
  writeFileSync(s.home.desiredStateFile, GARBAGE);
  rmSync(join(s.home.run, "services.json"));
  await killTree(s, "supervisor");
  assert.deepEqual(s.processes().sort(), pids);
  const { degraded } = await s.about();
  for (const name of ["nap/0", "nap/1", "daemon/0"])
    assert.ok(
      degraded.some((text) => text.startsWith(`${name}: runs, but`)),
      degraded.join("\n"),
    );
  const { plan } = await s.apply(SOME);
  assert.deepEqual(plan.added, ["nap", "daemon"]);
  assert.deepEqual(s.processes().sort(), pids, "taken over as they are");
  await until("it to be well", async () => (await s.about()).degraded.every((text) => !text.includes("runs, but")));
  await s.client.act({ selector: "all", action: "stop" });
  assert.deepEqual(s.processes(), []);
});

test("what was deleted stays deleted, though the desired state was damaged", async (t) => {
  const s = await supervised(t);
  await startSome(s);
  await s.client.act({ selector: "nap", action: "delete" });
  writeFileSync(s.home.desiredStateFile, "{");
  await killTree(s, "both");
  assert.deepEqual(
    (await s.client.list()).map(({ name }) => name),
    ["daemon"],
  );
});

test("a cleaner of /tmp that removes the lock doesn't bring about a second supervisor beside a living one", async (t) => {
  const s = await supervised(t);
  const pids = await startSome(s);
  rmSync(s.home.lockFile);
  const first = await s.about();
  const { code } = await s.command(["status"]);
  assert.equal(code, 0);
  await killTree(s, "supervisor");
  rmSync(s.home.lockFile);
  await killTree(s, "supervisor");
  assert.equal((await s.about()).init.pid, first.init.pid);
  const { supervisors, inits } = treeOf(s);
  assert.deepEqual([supervisors.length, inits], [1, [first.init.pid]]);
  assert.deepEqual(s.processes().sort(), pids);
});

const SOME = {
  nap: { command: ["sleep", "1000"], instances: 2 },
  // Left the session: without the home's id nobody would know it any more.
  daemon: { command: ["sh", "-c", "setsid sleep 1001 & exec sleep 1002"] },
};

async function startSome(s: Supervised): Promise<number[]> {
  await s.apply(SOME);
  await until("all to run", () => s.processes().length === 4);
  return s.processes().sort();
}

function isBeginning(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length > 0 === whole.length > 0 && Buffer.from(part).equals(whole.subarray(0, part.length));
}

function fromTheFuture(content: Buffer): Uint8Array {
  const text = content.toString("latin1").replaceAll('"version": 1', '"version": 99');
  return Buffer.from(text.replaceAll('"is":"', '"is":"new-').replaceAll('"type":"', '"kind":"'), "latin1");
}

function asideOf(path: string): string[] {
  const prefix = `${basename(path)}.damaged-`;
  return readdirSync(dirname(path)).flatMap((name) => (name.startsWith(prefix) ? [join(dirname(path), name)] : []));
}

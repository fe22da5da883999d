import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import { encodeRecord } from "../../src/supervisor/state/journalRecords.ts";
import { bootId } from "../../src/supervisor/tree/identity.ts";
import { descriptors, zombiesOf } from "../fixtures/supervised2/tree.ts";
import { killTree, type Victim } from "../support/killTree.ts";
import { isAlive } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const VICTIMS: readonly Victim[] = ["supervisor", "init", "both"];

/** Ends with this status on SIGUSR1, after some last words. */
const mortal = (status: number) => [
  "sh",
  "-c",
  `trap 'echo last words 1; echo last words 2; exit ${status}' USR1; echo up; while :; do sleep 0.1 & wait $!; done`,
];

for (const victim of VICTIMS) {
  test(`SIGKILL of ${victim}: the same processes go on, none twice, and no line is lost or repeated`, async (t) => {
    const s = await supervised(t);
    const end = join(s.dir, "end");
    await s.apply({
      nap: { command: ["sleep", "1000"], instances: 3 },
      daemon: { command: ["sh", "-c", "setsid sleep 1001 & exec sleep 1002"] },
      // One file, so that it can be read in one piece; rotation has tests of its own.
      writer: { command: [node24, fixture("supervised2/lines.ts"), end], logs: { maxSize: "1GiB", maxTotal: "2GiB" } },
    });
    await until("the writer to write", () => s.log("writer/0").length > 10_000);
    const before = s.processes().sort();
    assert.equal(before.length, 6);
    for (let round = 0; round < 2; round++) await killTree(s, victim);
    assert.deepEqual(s.processes().sort(), before);
    for (const service of await s.client.list()) {
      for (const { state, name, pid, restarts } of service.instances) {
        assert.deepEqual([state, restarts, pid !== null && before.includes(pid)], ["running", 0, true], name);
      }
    }
    writeFileSync(end, "");
    await until("its last line", () => /^end \d+\n$/m.test(readFileSync(join(s.home.log, "writer/0.log"), "latin1").slice(-40)), {
      timeout: 60_000,
    });
    assertNumbered(s.log("writer/0"));
    const { instances } = await s.client.act({ selector: "all", action: "stop" });
    assert.ok(instances.every(({ outcome }) => outcome === "done"));
    assert.deepEqual(before.filter(isAlive), []);
  });
}

test("a hook whose supervisor is killed is waited for by the next one, and runs once", async (t) => {
  const s = await supervised(t);
  const [runs, go] = [join(s.dir, "runs"), join(s.dir, "go")];
  const hook = `echo run >> ${runs}; while ! [ -e ${go} ]; do sleep 0.05; done; exit $(cat ${go})`;
  const job = { command: ["sleep", "1000"], hooks: { beforeStart: ["sh", "-c", hook] } };
  await s.apply({ good: job }, { wait: 0 });
  await until("the hook", () => existsSync(runs));
  await killTree(s, "supervisor");
  assert.equal((await s.status("good/0")).state, "starting");
  writeFileSync(go, "0");
  await until("the service", async () => (await s.status("good/0")).state === "running");
  assert.equal(readFileSync(runs, "utf8"), "run\n");
});

test("an exit that the journal knows and the events don't is told by the next supervisor, once", async (t) => {
  const s = await supervised(t);
  await s.apply({ job: { command: ["sh", "-c", "exit 7"], restart: "never" } });
  const exits = async () => (await s.events()).filter((event) => event.type === "exit" && event.instance === "job/0");
  await until("its exit to be told", async () => (await exits()).length === 1);
  // As if this supervisor had died between the journal and the events.
  await killTree(s, "both", () => {
    const file = join(s.home.run, "events");
    const lines = readFileSync(file, "utf8").split("\n");
    const kept = lines.slice(
      0,
      lines.findIndex((line) => line.includes('"type":"exit"')),
    );
    writeFileSync(file, kept.map((line) => `${line}\n`).join(""));
  });
  const told = await exits();
  assert.equal(told.length, 1);
  assert.deepEqual(told[0]?.type === "exit" && told[0].status, { code: 7 });
  await killTree(s, "supervisor");
  assert.equal((await exits()).length, 1, "once");
});

test("what ends while there is no supervisor, or no init, is known with its exit status, and its last lines are in the log", async (t) => {
  const s = await supervised(t);
  await s.apply({
    early: { command: mortal(7), restart: "never" },
    late: { command: mortal(8), restart: "never" },
    dark: { command: mortal(9), restart: "never" },
  });
  const order: readonly (readonly [string, Victim, number])[] = [
    ["early/0", "supervisor", 7],
    ["late/0", "init", 8],
    ["dark/0", "both", 9],
  ];
  for (const [instance, victim, code] of order) {
    await until("it to run", () => s.log(instance).includes("up\n"));
    const { pid } = await s.status(instance);
    assert.ok(pid !== null);
    await killTree(s, victim, () => process.kill(pid, "SIGUSR1"));
    const after = await until(`the end of ${instance} to be known`, async () => {
      const now = await s.status(instance);
      return now.lastExit !== null && now;
    });
    // Where both are dead, the kernel tells it only as long as nobody has reaped it.
    const status = victim === "both" && after.lastExit?.status === "unknown" ? "unknown" : { code };
    assert.deepEqual([after.lastExit?.status, after.lastExit?.pid], [status, pid], instance);
    assert.deepEqual(exits(await s.events(), instance), [{ pid, status }], instance);
    // The pipe of the one that nobody watched over ended with it.
    if (victim !== "both") assert.equal(s.log(instance), "up\nlast words 1\nlast words 2\n");
  }
});

for (const [what, identity] of [
  ["nobody", null],
  // As of a forking service, whose daemon has taken its launcher's place.
  ["another process", { pid: 2 ** 22, startTime: 1, bootId: bootId() }],
] as const) {
  test(`one that ends while both are dead has an exit, also where the journal named ${what} and only init had known better`, async (t) => {
    const s = await supervised(t);
    await s.apply({ dark: { command: mortal(9), restart: "never" } });
    await until("it to run", () => s.log("dark/0").includes("up\n"));
    const { pid } = await s.status("dark/0");
    assert.ok(pid !== null);
    // As if this supervisor had been killed between the spawn and the journal: the next one learns the pid from init.
    await killTree(s, "supervisor", () => {
      const note = { is: "spawn", boot: bootId(), name: "dark/0", attempt: 1, what: "process", identity } as const;
      appendFileSync(s.home.journalFile, encodeRecord(note));
    });
    await until("it to be known again", async () => (await s.status("dark/0")).pid === pid);
    await killTree(s, "both", async () => {
      process.kill(pid, "SIGUSR1");
      await until("its end", () => !isAlive(pid));
    });
    const { lastExit } = await until("its end to be known", async () => {
      const now = await s.status("dark/0");
      return now.lastExit !== null && now;
    });
    assert.deepEqual(exits(await s.events(), "dark/0"), [{ pid, status: lastExit?.status }]);
  });
}

test("killed nine times, supervisor and init have as many descriptors as before, and there are no zombies", async (t) => {
  const s = await supervised(t);
  await s.apply({ nap: { command: ["sleep", "1000"], instances: 4 }, talk: { command: ["sh", "-c", "echo hello; exec sleep 1000"] } });
  // From here on it is always a supervisor that found its services running.
  await killTree(s, "init");
  await killTree(s, "supervisor");
  const before = await settledDescriptors(s);
  for (let round = 0; round < 9; round++) await killTree(s, VICTIMS[round % 3] ?? "both");
  await until("as few descriptors as before", async () => assert.deepEqual(await descriptors(s), before) === undefined);
  const { pid, init } = await s.about();
  assert.deepEqual(zombiesOf(pid, init.pid), []);
  assert.equal(s.processes().length, 5);
  assert.equal((await s.events()).filter(({ type }) => type === "exit").length, 0);
});

test("a service that is killed while its supervisor is away is started again, and so is one whose init is away", async (t) => {
  const s = await supervised(t);
  await s.apply({ nap: { command: ["sleep", "1000"], restart: { stable: "1ms" } } });
  for (const victim of VICTIMS) {
    const { pid } = await s.status("nap/0");
    assert.ok(pid !== null);
    await killTree(s, victim, () => process.kill(pid, "SIGKILL"));
    await until("another process", async () => {
      const now = await s.status("nap/0");
      return now.state === "running" && now.pid !== pid;
    });
    assert.equal(s.processes("nap/0").length, 1);
  }
});

function assertNumbered(text: string): void {
  let number = 0;
  const lines = text.split("\n");
  for (const line of lines) {
    if (!line.startsWith("line ")) break;
    number += 1;
    if (line !== `line ${number}`) assert.fail(`after line ${number - 1} comes "${line.slice(0, 50)}"`);
  }
  assert.deepEqual(lines.slice(number), [`end ${number}`, ""]);
}

function exits(events: readonly SupervisorEvent[], instance: string): unknown[] {
  return events.flatMap((event) =>
    event.type === "exit" && event.instance === instance ? [{ pid: event.pid, status: event.status }] : [],
  );
}

async function settledDescriptors(s: Supervised) {
  let last = await descriptors(s);
  return until("the number of descriptors to settle", async () => {
    const now = await descriptors(s);
    const same = now.supervisor === last.supervisor && now.init === last.init;
    last = now;
    return same && now;
  });
}

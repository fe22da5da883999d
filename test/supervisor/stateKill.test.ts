import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DesiredState } from "../../src/supervisor/state/desiredState.ts";
import { Journal } from "../../src/supervisor/state/journal.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { node24, start } from "../support/run.ts";
import { IDENTITY, reporter, running } from "./stateFixture.ts";

const ROUNDS = 50;

for (const part of [1, 2, 3, 4]) {
  test(`SIGKILL of a writer at any instant, ${ROUNDS} times (${part} of 4): files are whole, and nothing that was acknowledged is lost`, async (t) => {
    const tracked = track(t);
    const dir = tracked.dir();
    const last = new Map<string, number>();
    for (let round = 1; round <= ROUNDS; round++) {
      const before = new Map(last);
      for (const [what, version] of await killed(tracked, dir)) last.set(what, version);
      assert.notDeepEqual(last, before, `round ${round}: nothing was acknowledged`);
      check(dir, last);
    }
  });
}

/** What a writer had acknowledged when it died: the latest version of each thing. */
async function killed(tracked: Tracked, dir: string): Promise<Map<string, number>> {
  const child = start(node24, [join(import.meta.dirname, "stateWriter.ts"), dir], { stdio: ["ignore", "pipe", "inherit"] });
  tracked.killSession(child.pid ?? 0);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout ?? child, "data"), closed]);
  await sleep(Math.random() * 40);
  child.kill("SIGKILL");
  const [, signal] = await closed;
  assert.equal(signal, "SIGKILL", output);
  assert.doesNotMatch(output, /report/);
  const acknowledged = output.split("\n").slice(0, -1);
  return new Map(acknowledged.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

function check(dir: string, last: ReadonlyMap<string, number>): void {
  const acknowledged = (what: string) => last.get(what) ?? 0;
  const atLeast = (found: number, what: string) => {
    assert.ok(found >= acknowledged(what) && found <= acknowledged("begun"), `${what}: found ${found}, acknowledged ${acknowledged(what)}`);
  };
  const { report, reports } = reporter();
  // Read as bytes as well: what the supervisor makes of it must be all that is there.
  const path = join(dir, "services.json");
  const desired = DesiredState.open(path, { report });
  if (acknowledged("saved") > 0 || desired.services.size > 0) {
    const { version, services } = JSON.parse(readFileSync(path, "utf8"));
    assert.equal(version, 1);
    const [{ spec, wanted }] = services;
    atLeast(spec.instances, "saved");
    assert.deepEqual([spec.env.PADDING, wanted], [String(spec.instances).repeat(20_000), spec.instances % 2 === 0]);
    assert.deepEqual([...desired.services.values()], services);
  }
  const journal = Journal.open(join(dir, "journal"), { bootId: IDENTITY.bootId, report });
  try {
    for (const name of ["web/0", "web/1", "web/2"]) {
      const instance = journal.entries.get(name)?.instance;
      if (instance === undefined || instance === null) {
        assert.equal(acknowledged(`put ${name}`), 0, `${name} is lost`);
        continue;
      }
      atLeast(instance.attempt, `put ${name}`);
      assert.deepEqual(instance, running(name, instance.attempt));
    }
    const spawned = journal.entries.get("web/0")?.spawns.at(-1);
    if (spawned !== undefined || acknowledged("spawned web/0") > 0) atLeast(spawned?.attempt ?? 0, "spawned web/0");
  } finally {
    journal.close();
  }
  assert.deepEqual(reports, []);
  // Whatever a writer left behind is gone after a start.
  assert.deepEqual(
    readdirSync(dir).filter((name) => name !== "services.json" && name !== "journal"),
    [],
  );
}

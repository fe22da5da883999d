import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { DesiredState } from "../../src/supervisor/state/desiredState.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { until } from "../support/wait.ts";
import { refusalOf, reporter, specs } from "./stateFixture.ts";

const { web, db } = await specs();
const writable = (path: string) => {
  writeFileSync(path, "{}");
  chmodSync(path, 0o666);
};
const fileIn = (dir: string) => join(dir, "services.json");

test("what was set is there again, with mode 0600, in the same order, and nothing else is left", async (t) => {
  const dir = track(t).dir();
  const first = DesiredState.open(fileIn(dir), reporter());
  assert.equal(first.services.size, 0);
  first.set(web, true);
  first.set(db, true);
  assert.equal(first.setWanted("db", false), true);
  assert.equal(first.setWanted("nobody", true), false);
  await first.saved();
  assert.equal(lstatSync(fileIn(dir)).mode & 0o7777, 0o600);
  assert.deepEqual(readdirSync(dir), ["services.json"]);
  const { report, reports } = reporter();
  const second = DesiredState.open(fileIn(dir), { report });
  assert.deepEqual(
    [...second.services.values()],
    [
      { spec: web, wanted: true },
      { spec: db, wanted: false },
    ],
  );
  assert.deepEqual(reports, []);
  assert.equal(second.delete("web"), true);
  assert.equal(second.delete("web"), false);
  await second.close();
  assert.deepEqual([...DesiredState.open(fileIn(dir), reporter()).services.keys()], ["db"]);
});

test("changes of one turn are one save, and each saved() covers what came before it", async (t) => {
  const dir = track(t).dir();
  const state = DesiredState.open(fileIn(dir), reporter());
  const inodes = new Set<number>();
  for (let round = 0; round < 3; round++) {
    for (let change = 0; change < 100; change++) state.set({ ...db, instances: round * 100 + change }, true);
    await state.saved();
    inodes.add(lstatSync(fileIn(dir)).ino);
    assert.equal(JSON.parse(readFileSync(fileIn(dir), "utf8")).services[0].spec.instances, round * 100 + 99);
    assert.equal(state.isDirty, false);
  }
  state.set(db, true);
  const early = state.saved();
  await new Promise((resolve) => setImmediate(resolve));
  state.set(web, true);
  await Promise.all([early, state.saved()]);
  assert.match(readFileSync(fileIn(dir), "utf8"), /"name": "web"/);
});

for (const [what, damage, fault] of [
  ["half a file", (text: string) => text.slice(0, text.length / 2), /is no JSON/],
  ["an empty file", () => "", /is no JSON/],
  ["NUL bytes", (text: string) => "\0".repeat(text.length), /is no JSON/],
  ["bytes that are no UTF-8", (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0xff])]), /is no JSON/],
  ["another version", (text: string) => text.replace('"version": 1', '"version": "1"'), /version: is "1", and this version knows 1/],
  ["something else", () => "[1]", /services: is no list/],
] as const) {
  test(`${what} is set aside and reported, and nothing of it is lost`, async (t) => {
    const dir = track(t).dir();
    const path = fileIn(dir);
    const state = DesiredState.open(path, reporter());
    state.set(web, true);
    await state.close();
    const damaged = Buffer.from(damage(readFileSync(path, "utf8")));
    writeFileSync(path, damaged);
    const { report, reports } = reporter();
    const again = DesiredState.open(path, { report });
    assert.equal(again.services.size, 0);
    const [told] = reports;
    assert.ok(told?.kind === "damaged" && told.keptAs !== null, JSON.stringify(reports));
    assert.match(told.keptAs, /services\.json\.damaged-\d{8}T\d{6}Z$/);
    assert.match(told.faults.join(), fault);
    await again.close();
    assert.deepEqual(readFileSync(told.keptAs), damaged);
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { version: 1, services: [] });
  });
}

test("what a newer version has saved is left as it is, and that is an error", async (t) => {
  const dir = track(t).dir();
  const path = fileIn(dir);
  const text = JSON.stringify({ version: 99, services: [{ spec: web, wanted: true }] });
  writeFileSync(path, text, { mode: 0o600 });
  assert.throws(() => DesiredState.open(path, reporter()), {
    code: "ERR_STATE_FILE",
    strerror: "a newer daemonitor has written it (version 99; this one knows 1)",
  });
  assert.deepEqual(readdirSync(dir), [basename(path)]);
  assert.equal(readFileSync(path, "utf8"), text);
});

test("one damaged service costs only itself; the report names the place and no value", async (t) => {
  const dir = track(t).dir();
  const path = fileIn(dir);
  const bad = (change: object) => ({ spec: { ...web, name: "bad", ...change }, wanted: true });
  const faulty = [bad({ env: { TOKEN: ["hunter2"] } }), bad({ stop: { signal: "SIGTERM" } }), { spec: db, wanted: false }, { spec: db }, 7];
  writeFileSync(path, JSON.stringify({ version: 1, services: [{ spec: web, wanted: true }, ...faulty, { spec: web, wanted: true }] }), {
    mode: 0o600,
  });
  const { report, reports } = reporter();
  const state = DesiredState.open(path, { report });
  assert.deepEqual([...state.services.keys()], ["web", "db"]);
  const [told] = reports;
  assert.ok(told?.kind === "damaged");
  assert.deepEqual(told.faults, [
    "services[1].spec.env.TOKEN: is no text",
    "services[2].spec.stop.timeout: is missing",
    "services[4].wanted: is missing",
    "services[5]: is no object",
    "services[6].spec.name: is there twice",
  ]);
  await state.close();
  assert.equal(readdirSync(dir).length, 2);
  assert.deepEqual(DesiredState.open(path, reporter()).services.size, 2);
});

test("two damages in one second get two names", async (t) => {
  const dir = track(t).dir();
  for (const text of ["one", "two", "three"]) {
    writeFileSync(fileIn(dir), text, { mode: 0o600 });
    await DesiredState.open(fileIn(dir), reporter()).close();
  }
  const kept = readdirSync(dir).filter((name) => name.includes("damaged"));
  assert.deepEqual(kept.map((name) => readFileSync(join(dir, name), "utf8")).sort(), ["one", "three", "two"]);
});

test("a link, a FIFO, a directory, a device or a file that others can write to is refused, and not touched", (t) => {
  const dir = track(t).dir();
  const victim = join(dir, "victim");
  writeFileSync(victim, "precious", { mode: 0o600 });
  for (const [plant, why] of [
    [(path: string) => symlinkSync(victim, path), /is a symbolic link, not a regular file; find out who put it there/],
    [(path: string) => execFileSync("mkfifo", [path]), /is a FIFO, not a regular file/],
    [(path: string) => mkdirSync(path), /is a directory, not a regular file/],
    [writable, /is writable by others; .*chmod go-w/],
  ] as const) {
    plant(fileIn(dir));
    const { code, message } = refusalOf(() => DesiredState.open(fileIn(dir), reporter()));
    assert.equal(code, "ERR_STATE_FILE");
    assert.match(message, why);
    rmSync(fileIn(dir), { recursive: true });
  }
  assert.equal(readFileSync(victim, "utf8"), "precious");
});

test("a file of another user is refused", { skip: needsRoot }, (t) => {
  const path = fileIn(track(t).dir());
  writeFileSync(path, "{}", { mode: 0o600 });
  chownSync(path, 65534, 65534);
  assert.match(refusalOf(() => DesiredState.open(path, reporter())).message, /belongs to another user \(uid 65534\)/);
});

test("a link that is planted while it runs is replaced, not followed", async (t) => {
  const dir = track(t).dir();
  const victim = join(dir, "victim");
  writeFileSync(victim, "precious");
  const state = DesiredState.open(fileIn(dir), reporter());
  symlinkSync(victim, fileIn(dir));
  state.set(db, true);
  await state.close();
  assert.equal(readFileSync(victim, "utf8"), "precious");
  assert.ok(lstatSync(fileIn(dir)).isFile());
});

test("what a dead writer left behind is removed at the next start, and nothing else", (t) => {
  const dir = track(t).dir();
  for (const name of [".services.json.new-0a1b2c", ".services.json", ".other.new-1", "services.json.damaged-1"])
    writeFileSync(join(dir, name), "");
  linkSync(join(dir, ".other.new-1"), join(dir, ".services.json.new-ffff"));
  DesiredState.open(fileIn(dir), reporter());
  assert.deepEqual(readdirSync(dir).sort(), [".other.new-1", ".services.json", "services.json.damaged-1"]);
});

test("a save that fails rejects, is reported once, and is made up for by itself", async (t) => {
  const base = track(t).dir();
  const dir = join(base, "state");
  mkdirSync(dir);
  const { report, kinds, reports } = reporter();
  const state = DesiredState.open(fileIn(dir), { report, retry: [20, 40] });
  rmSync(dir, { recursive: true });
  state.set(db, true);
  await assert.rejects(state.saved(), { code: "ENOENT", step: "desired state" });
  state.set(web, true);
  await assert.rejects(state.saved(), { code: "ENOENT" });
  assert.equal(state.isDirty, true);
  mkdirSync(dir);
  await until("the state to be saved", () => !state.isDirty);
  assert.deepEqual(kinds(), ["failing", "recovered"], JSON.stringify(reports));
  assert.deepEqual([...DesiredState.open(fileIn(dir), reporter()).services.keys()], ["db", "web"]);
});

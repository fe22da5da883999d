import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { LineMatcher } from "../../src/supervisor/probes/lineMatcher.ts";
import { openLineProbe } from "../../src/supervisor/probes/lineProbe.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { watch } from "./probeSupport.ts";

function follow(tracked: Tracked, pattern: string, path: string, offset = 0) {
  let rotated: ((path: string) => void) | undefined;
  const { results } = watch(tracked, (handlers) => {
    const probe = openLineProbe(pattern, handlers, { path, offset });
    rotated = probe.rotated;
    return probe;
  });
  return { results, rotated: (next: string) => rotated?.(next) };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 120));

test("a line that a process writes later passes, once it has ended", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  writeFileSync(log, "starting\n");
  const { results } = follow(tracked, "^ready on \\d+$", log);
  const child = start("sh", ["-c", `printf 'ready on ' >>${log}; sleep 0.2; printf '80' >>${log}; sleep 0.2; printf '80\\n' >>${log}`]);
  if (child.pid !== undefined) tracked.kill(child.pid);
  await until("it to pass", () => results.length > 0);
  assert.deepEqual(results, ["passed"]);
});

test("what an earlier process wrote doesn't count", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  writeFileSync(log, "ready\n");
  const { results } = follow(tracked, "ready", log, statSync(log).size);
  await pause();
  assert.deepEqual(results, []);
  appendFileSync(log, "ready\r\n");
  await until("the new one to pass", () => results.length > 0);
});

test("after a rotation the rest of the old file is read, then the new one of the same name", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  writeFileSync(log, "");
  const { results, rotated } = follow(tracked, "^service is ready$", log);
  appendFileSync(log, "x\nservice is ");
  renameSync(log, `${log}.1`);
  writeFileSync(log, "ready\n");
  rotated(log);
  await until("it to pass", () => results.length > 0);
  assert.deepEqual(results, ["passed"]);
});

test("lines of each of several files are found after rotations", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const log = join(dir, "0");
  writeFileSync(log, "service is ");
  const { results, rotated } = follow(tracked, "^service is ready$", log);
  for (const [name, text] of [
    ["1", "re"],
    ["2", "ady"],
    ["3", "\n"],
  ] as const) {
    writeFileSync(join(dir, name), text);
    rotated(join(dir, name));
  }
  await until("it to pass", () => results.length > 0);
  assert.deepEqual(results, ["passed"]);
});

test("a file that isn't there yet, and one that was emptied, are read", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  const late = follow(tracked, "ready", log);
  await pause();
  writeFileSync(log, "ready\n");
  await until("the late file to pass", () => late.results.includes("passed"));
  const emptied = follow(tracked, "ready", log, statSync(log).size);
  truncateSync(log, 0);
  await pause();
  appendFileSync(log, "ready\n");
  await until("the emptied one to pass", () => emptied.results.includes("passed"));
});

test("a log that can't be read is told of once", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  mkdirSync(log);
  const { results } = follow(tracked, "ready", log);
  await until("it to be told", () => results.length > 0);
  await pause();
  assert.deepEqual(results, [`${log}: Is a directory (EISDIR)`]);
});

test("a line in the middle of a flood is found, and other work goes on meanwhile", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  const noise = `${"noise ".repeat(20)}\n`.repeat(40_000);
  writeFileSync(log, `${noise}${noise}it is réady\n${noise}`);
  const { results } = follow(tracked, "is réady", log);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  t.after(() => clearInterval(timer));
  await until("it to pass", () => results.length > 0);
  assert.ok(turns > 0);
});

test("however the bytes are cut, a matcher finds what matching line by line finds", () => {
  const piece = fc.constantFrom("a", "é", "😀", "\n", "\r\n", "ready", " ");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(12), { minLength: 1 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(""));
      const matcher = new LineMatcher(/^é?ready$/u);
      let found = false;
      for (let at = 0, cut = 0; at < bytes.length && !found; cut++) {
        const length = (cuts[cut % cuts.length] ?? 0) + 1;
        found = matcher.push(bytes.subarray(at, at + length));
        at += length;
      }
      const lines = pieces.join("").split("\n").slice(0, -1);
      assert.equal(
        found,
        lines.some((line) => /^é?ready$/u.test(line.replace(/\r$/, ""))),
      );
    }),
  );
});

test("of an endless line only the beginning is kept", () => {
  const matcher = new LineMatcher(/^x+$/u);
  for (let count = 0; count < 200; count++) assert.equal(matcher.push(Buffer.alloc(1 << 20, "x")), false);
  assert.equal(matcher.push(Buffer.from("y\n")), true);
});

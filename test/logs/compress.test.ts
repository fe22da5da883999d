import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { compressSegment, removePartials } from "../../src/logs/compress.ts";
import { track } from "../support/cleanup.ts";
import { readSegment } from "../support/logged.ts";
import { node24, root } from "../support/run.ts";
import { until } from "../support/wait.ts";

const NAME = "0.20261122T140000000Z.log";

function segment(t: TestContext, bytes = 5_000_000): { readonly dir: string; readonly path: string; readonly text: string } {
  const dir = track(t).dir();
  const path = join(dir, NAME);
  // Half of it can be compressed.
  const text = Array.from({ length: bytes / 100 }, () => `${randomBytes(25).toString("hex")}${"x".repeat(49)}\n`).join("");
  writeFileSync(path, text, { mode: 0o640 });
  return { dir, path, text };
}

test("afterwards there is the compressed form alone, as whole and as old as the plain one was", async (t) => {
  for (const [compression, suffix] of [
    ["zstd", "zst"],
    ["gzip", "gz"],
  ] as const) {
    const { dir, path, text } = segment(t);
    const { mtimeMs, mode } = statSync(path);
    await compressSegment(path, compression);
    assert.deepEqual(readdirSync(dir), [`${NAME}.${suffix}`]);
    assert.equal(readSegment(`${path}.${suffix}`), text);
    const after = statSync(`${path}.${suffix}`);
    assert.ok(Math.abs(after.mtimeMs - mtimeMs) < 5 && after.mode === mode && after.size < text.length);
  }
});

test("where both forms are there, the compressed one is looked at, and the worse of the two goes", async (t) => {
  const { dir, path, text } = segment(t, 100_000);
  const whole = zstdCompressSync(text);
  for (const [state, bytes] of [
    ["whole", whole],
    ["cut", whole.subarray(0, -100)],
    ["other", zstdCompressSync("something else")],
    ["empty", ""],
  ] as const) {
    writeFileSync(path, text);
    writeFileSync(`${path}.zst`, bytes);
    await compressSegment(path, "zstd");
    assert.deepEqual([state, readdirSync(dir), readSegment(`${path}.zst`) === text], [state, [`${NAME}.zst`], true]);
  }
  writeFileSync(path, text);
  await compressSegment(path, "gzip");
  assert.deepEqual(readdirSync(dir), [`${NAME}.zst`]);
});

test("a segment that was removed stays removed, and half a work of another time is replaced or removed", async (t) => {
  const { dir, path, text } = segment(t, 100_000);
  writeFileSync(join(dir, `.${NAME}.zst.partial`), "half");
  await compressSegment(path, "zstd");
  assert.equal(readSegment(`${path}.zst`), text);
  unlinkSync(`${path}.zst`);
  await compressSegment(path, "zstd");
  assert.deepEqual(readdirSync(dir), []);
  writeFileSync(join(dir, `.${NAME}.gz.partial`), "half");
  writeFileSync(join(dir, ".0.log.next"), "");
  removePartials(dir);
  assert.deepEqual(readdirSync(dir), [".0.log.next"]);
});

test("what can't be compressed stays as it is", async (t) => {
  const { dir, path, text } = segment(t, 100_000);
  const partial = join(dir, `.${NAME}.zst.partial`);
  mkdirSync(partial);
  await assert.rejects(compressSegment(path, "zstd"));
  assert.equal(readFileSync(path, "latin1"), text);
});

test("a compressor that is killed at any point leaves one whole form at least, and the next one leaves one", {
  timeout: 180_000,
}, async (t) => {
  const tracked = track(t);
  const { dir, path, text } = segment(t);
  const lock = join(tracked.dir(), "lock");
  let cut = 0;
  for (let round = 0; round < 15; round++) {
    writeFileSync(path, text);
    const killed = run(tracked, lock);
    killed.stdin?.write(`${JSON.stringify({ path, compression: round % 2 === 0 ? "zstd" : "gzip" })}\n`);
    const partial = () => readdirSync(dir).some((file) => file.endsWith(".partial"));
    await until("it to begin", () => partial() || !existsSync(path));
    await sleep(Math.random() * 60);
    killed.kill("SIGKILL");
    await ended(killed);
    cut += partial() ? 1 : 0;
    const forms = [path, `${path}.zst`, `${path}.gz`].filter((file) => existsSync(file));
    assert.ok(forms.length > 0);
    for (const file of forms) assert.equal(readSegment(file), text, file);
    const next = run(tracked, lock);
    next.stdin?.end(`${JSON.stringify({ path, compression: "zstd" })}\n`);
    await ended(next);
    assert.equal(readdirSync(dir).length, 1);
    const [only = ""] = readdirSync(dir);
    assert.equal(readSegment(join(dir, only)), text);
    truncateSync(join(dir, only));
    unlinkSync(join(dir, only));
  }
  assert.ok(cut > 0, "none was killed at work");
});

test("two compressors don't work at the same time, and one ends when nobody has work for it any more", async (t) => {
  const tracked = track(t);
  const { dir, path } = segment(t, 100_000);
  const lock = join(tracked.dir(), "lock");
  const first = run(tracked, lock);
  await until("the lock", () => existsSync(lock));
  const answer = once(first);
  first.stdin?.write(`${JSON.stringify({ path: join(dir, "nothing.log"), compression: "zstd" })}\n`);
  await answer;
  const second = run(tracked, lock);
  second.stdin?.end(`${JSON.stringify({ path, compression: "zstd" })}\n`);
  await sleep(600);
  assert.ok(existsSync(path));
  first.stdin?.end();
  await ended(first);
  await ended(second);
  assert.deepEqual(readdirSync(dir), [`${NAME}.zst`]);
});

function run(tracked: ReturnType<typeof track>, lock: string): ChildProcess {
  const child = spawn(node24, ["--disable-warning=ExperimentalWarning", join(root, "src/logs/compressor.ts"), lock], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  tracked.kill(child.pid ?? 0);
  return child;
}

function once(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.stdout?.once("data", resolve));
}

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once("exit", resolve));
}

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TreeLock } from "../../src/supervisor/state/treeLock.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { inspect, isAlive } from "../support/process.ts";
import { node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { refusalOf } from "./stateFixture.ts";

const module = JSON.stringify(join(import.meta.dirname, "../../src/supervisor/state/treeLock.ts"));

/** Another process that does this with the lock file's path, and stays. */
async function another(tracked: Tracked, path: string, what: string, stdio: readonly number[] = []): Promise<ChildProcess> {
  const script = `import { TreeLock } from ${module}; const path = ${JSON.stringify(path)}; ${what}; console.log("done"); setInterval(() => {}, 1000);`;
  const child = start(node24, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit", ...stdio] });
  tracked.killSession(child.pid ?? 0);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
  });
  return child;
}

test("a second supervisor is refused, and the refusal names the first by pid and program", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "lock");
  const child = await another(tracked, path, "globalThis.lock = TreeLock.acquire(path)");
  const { code, message, exitCode } = refusalOf(() => TreeLock.acquire(path));
  assert.deepEqual([code, exitCode], ["ERR_SUPERVISOR_RUNNING", 75]);
  const name = readFileSync(`/proc/${child.pid}/comm`, "utf8").trim();
  assert.equal(
    message,
    `supervisor lock ${path}: held by process ${child.pid} (${name}); use that supervisor, or set DAEMONITOR_HOME to another directory`,
  );
  child.kill("SIGKILL");
  await until("it to end", () => !isAlive(child.pid ?? 0));
  const lock = TreeLock.acquire(path);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  lock.close();
  lock.close();
  TreeLock.acquire(path).close();
});

test("the lock passes on with its descriptor, outlives who took it, and is adopted", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "lock");
  const lock = TreeLock.acquire(path);
  const init = start("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", lock.fd] });
  tracked.killSession(init.pid ?? 0);
  await until("the program to run", () => readFileSync(`/proc/${init.pid}/comm`, "utf8") === "sleep\n");
  const supervisor = await another(tracked, path, "globalThis.lock = TreeLock.adopt(3, path)", [lock.fd]);
  lock.close();
  assert.equal(readFileSync(path, "utf8"), `${supervisor.pid}\n`);
  const closed = inspect(supervisor.pid ?? 0).fds.get(3);
  assert.equal((closed?.flags ?? 0) & 0o2000000, 0o2000000, "it is close-on-exec");
  assert.match(refusalOf(() => TreeLock.acquire(path)).message, new RegExp(`process ${supervisor.pid} \\(`));
  supervisor.kill("SIGKILL");
  await until("the supervisor to end", () => !isAlive(supervisor.pid ?? 0));
  assert.match(refusalOf(() => TreeLock.acquire(path)).message, new RegExp(`held by process ${init.pid} \\(sleep\\); `));
  init.kill("SIGKILL");
  await until("init to end", () => !isAlive(init.pid ?? 0));
  TreeLock.acquire(path).close();
});

test("what a program is that the supervisor starts, it doesn't hold the lock", (t) => {
  const path = join(track(t).dir(), "lock");
  const lock = TreeLock.acquire(path);
  t.after(() => lock.close());
  assert.doesNotMatch(execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" }), /\/lock$/m);
});

test("of twenty that start at once, one gets it", async (t) => {
  const path = join(track(t).dir(), "lock");
  const script = `
    import { TreeLock } from ${module};
    try { globalThis.lock = TreeLock.acquire(process.argv[1]); console.log("mine"); await new Promise((resolve) => process.stdin.once("end", resolve).resume()); }
    catch (error) { console.log(error.code); }
  `;
  const children = Array.from({ length: 20 }, () => start(node24, ["--input-type=module", "-e", script, path]));
  const tracked = track(t);
  for (const { pid } of children) tracked.killSession(pid ?? 0);
  const answers = await Promise.all(
    children.map(
      (child) => new Promise<string>((resolve) => child.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()))),
    ),
  );
  for (const child of children) child.stdin?.end();
  assert.deepEqual(answers.sort(), [...Array<string>(19).fill("ERR_SUPERVISOR_RUNNING"), "mine"]);
});

test("a lock file that was removed under its holder is noticed, and not adopted", (t) => {
  const path = join(track(t).dir(), "lock");
  const lock = TreeLock.acquire(path);
  t.after(() => lock.close());
  assert.equal(lock.isInPlace(), true);
  rmSync(path);
  assert.equal(lock.isInPlace(), false);
  assert.match(refusalOf(() => TreeLock.adopt(lock.fd, path)).message, /was replaced while it was locked/);
  const other = TreeLock.acquire(path);
  assert.deepEqual([lock.isInPlace(), other.isInPlace()], [false, true]);
  other.close();
});

test("a link is refused, and what it leads to is not emptied", (t) => {
  const dir = track(t).dir();
  writeFileSync(join(dir, "victim"), "precious", { mode: 0o600 });
  symlinkSync("victim", join(dir, "lock"));
  assert.match(refusalOf(() => TreeLock.acquire(join(dir, "lock"))).message, /is a symbolic link, not a regular file/);
  assert.equal(readFileSync(join(dir, "victim"), "utf8"), "precious");
});

test("a descriptor that isn't open is an error, not a lock", async (t) => {
  const path = join(track(t).dir(), "lock");
  const script = `import { TreeLock } from ${module}; try { TreeLock.adopt(99, process.argv[1]); } catch (error) { console.log(error.code); }`;
  assert.equal((await run(node24, ["--input-type=module", "-e", script, path])).stdout, "EBADF\n");
});

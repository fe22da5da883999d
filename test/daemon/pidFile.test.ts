import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type TestContext, test } from "node:test";
import { PidFile } from "../../src/daemon/pidFile.ts";
import { native } from "../../src/native/addon.ts";
import { actor } from "../support/actor.ts";
import { track } from "../support/cleanup.ts";
import { isRoot } from "../support/needs.ts";
import { inspect, isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";

const NOBODY = 65_534;

function place(t: TestContext) {
  const tracked = track(t);
  const directory = tracked.dir();
  return { tracked, directory, path: join(directory, "x.pid") };
}

test("A pid file holds the pid and a newline, mode 0644, where the relative path led.", (t) => {
  const { path } = place(t);
  const mask = process.umask(0o022);
  t.after(() => process.umask(mask));
  const pidFile = PidFile.acquire(relative(process.cwd(), path));
  t.after(() => pidFile.close());
  assert.equal(pidFile.path, path);
  assert.equal(readFileSync(path, "latin1"), "");
  pidFile.write();
  assert.equal(readFileSync(path, "latin1"), `${process.pid}\n`);
  pidFile.write(7);
  assert.equal(readFileSync(path, "latin1"), "7\n");
  assert.equal(statSync(path).mode & 0o7777, 0o644);
});

test("No mode makes a pid file that others can write.", (t) => {
  const { path } = place(t);
  const mask = process.umask(0);
  t.after(() => process.umask(mask));
  PidFile.acquire(path, { mode: 0o666 }).close();
  assert.equal(statSync(path).mode & 0o7777, 0o644);
});

test("A second start is refused, names the holder and leaves its file alone.", async (t) => {
  const { tracked, path } = place(t);
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  await holder.tell("write");
  const refusal = await actor(tracked, path).refused("acquire");
  assert.equal(refusal.code, "ERR_ALREADY_RUNNING");
  assert.equal(refusal.exitCode, 75);
  assert.match(refusal.message, new RegExp(`^pid file ${path}: held by process ${holder.pid} \\(node\\); end it with: `));
  assert.equal(readFileSync(path, "latin1"), `${holder.pid}\n`);
});

test("Of 50 concurrent starts one wins, and 49 are refused and name it.", { timeout: 120_000 }, async (t) => {
  const { tracked, path } = place(t);
  const racers = Array.from({ length: 50 }, () => actor(tracked, path));
  await Promise.all(racers.map((racer) => racer.tell("fd")));
  const answers = await Promise.all(
    racers.map(async (racer) => {
      const answer = await racer.tell("acquire");
      if (answer === "acquired") await racer.tell("write");
      return { racer, answer };
    }),
  );
  const winners = answers.filter(({ answer }) => answer === "acquired");
  assert.equal(winners.length, 1);
  const winner = winners[0]?.racer.pid;
  assert.equal(readFileSync(path, "latin1"), `${winner}\n`);
  for (const { answer } of answers.filter(({ answer }) => answer !== "acquired")) {
    assert.match(JSON.stringify(answer), new RegExp(`ERR_ALREADY_RUNNING.*held by process ${winner} `));
  }
});

test("A holder that has not written its pid yet is named too.", async (t) => {
  const { tracked, path } = place(t);
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  const refusal = await actor(tracked, path).refused("acquire 100");
  assert.match(refusal.message, new RegExp(`held by process ${holder.pid} \\(node\\), which it doesn't name`));
});

test("Who waits for a holder that gives up gets the lock, on the file that is there then.", async (t) => {
  const { tracked, path } = place(t);
  const [first, second] = [actor(tracked, path), actor(tracked, path)];
  await first.tell("acquire");
  await second.tell("fd");
  const waiting = second.tell("acquire 15000");
  await until("the second to have the file open", () => [...inspect(second.pid).fds.values()].some(({ target }) => target === path));
  assert.equal(await first.tell("remove"), "removed");
  assert.equal(await waiting, "acquired");
  assert.equal(await second.tell("write"), "written");
  // A lock on the removed file would show as "… (deleted)".
  assert.equal(inspect(second.pid).fds.get(Number(await second.tell("fd")))?.target, path);
  assert.equal(readFileSync(path, "latin1"), `${second.pid}\n`);
});

test("The lock ends with its holder, also by SIGKILL.", async (t) => {
  const { tracked, path } = place(t);
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  await holder.tell("write");
  holder.child.kill("SIGKILL");
  await until("the holder to end", () => !isAlive(holder.pid));
  const pidFile = PidFile.acquire(path);
  t.after(() => pidFile.close());
  pidFile.write();
  assert.equal(readFileSync(path, "latin1"), `${process.pid}\n`);
});

test("The lock is not lost when the holder spawns, or closes another descriptor of the file.", async (t) => {
  const { tracked, path } = place(t);
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  await holder.tell("write");
  const child = tracked.killSession(Number(await holder.tell("spawn")));
  await until("sleep to run", () => inspect(child).name === "sleep");
  assert.ok(![...inspect(child).fds.values()].some(({ target }) => target === path), "the child has the pid file open");
  process.kill(child, "SIGKILL");
  await until("the child to end", () => !isAlive(child));
  await holder.tell("reopen");
  assert.equal((await actor(tracked, path).refused("acquire")).code, "ERR_ALREADY_RUNNING");
});

test("The lock passes to another process with the descriptor, and who has it is named.", async (t) => {
  const { tracked, path } = place(t);
  const launcher = actor(tracked, path);
  await launcher.tell("acquire");
  await launcher.tell("write");
  const heir = tracked.killSession(Number(await launcher.tell("passOn")));
  launcher.child.kill("SIGKILL");
  await until("the launcher to end", () => !isAlive(launcher.pid));
  const refusal = await actor(tracked, path).refused("acquire 100");
  assert.match(
    refusal.message,
    new RegExp(`held by process ${heir} \\(sleep\\), which it doesn't name; try again later, or end that process`),
  );
});

test("A daemon adopts the descriptor of its launcher.", async (t) => {
  const { tracked, path } = place(t);
  const pidFile = PidFile.acquire(path);
  const daemon = actor(tracked, path, { stdio: ["pipe", "pipe", "inherit", pidFile.fd] });
  await daemon.tell("fd");
  pidFile.close();
  assert.equal(await daemon.tell("adopt 3"), "adopted");
  await daemon.tell("write");
  assert.equal((await actor(tracked, path).refused("acquire")).code, "ERR_ALREADY_RUNNING");
  assert.equal(await daemon.tell("remove"), "removed");
  assert.ok(!existsSync(path));
});

test("A descriptor that is adopted becomes close-on-exec, so that no child keeps the lock.", (t) => {
  const { path } = place(t);
  const { fd } = PidFile.acquire(path);
  native().setCloseOnExec(fd, false);
  const isCloseOnExec = () => ((inspect(process.pid).fds.get(fd)?.flags ?? 0) & 0o2000000) !== 0;
  assert.equal(isCloseOnExec(), false);
  const pidFile = PidFile.adopt(fd, path);
  t.after(() => pidFile.close());
  assert.equal(isCloseOnExec(), true);
});

test("A descriptor whose file was replaced is not adopted.", (t) => {
  const { path } = place(t);
  const pidFile = PidFile.acquire(path);
  t.after(() => pidFile.close());
  renameSync(path, `${path}.old`);
  writeFileSync(path, "1\n");
  assert.throws(() => PidFile.adopt(pidFile.fd, path), { code: "ERR_PID_FILE" });
});

test("Only one's own file is removed.", (t) => {
  const { path } = place(t);
  const pidFile = PidFile.acquire(path);
  pidFile.write();
  renameSync(path, `${path}.old`);
  writeFileSync(path, "4711\n");
  assert.equal(pidFile.remove(), "emptied");
  assert.equal(pidFile.remove(), "left");
  assert.equal(readFileSync(path, "latin1"), "4711\n");
  assert.equal(readFileSync(`${path}.old`, "latin1"), "");
});

test("Where the directory doesn't let a daemon remove its file, it is emptied, and the next start takes it.", async (t) => {
  const { tracked, directory, path } = place(t);
  chmodSync(directory, 0o777);
  const daemon = actor(tracked, path, isRoot ? { uid: NOBODY, gid: NOBODY } : {});
  await daemon.tell("acquire");
  await daemon.tell("write");
  chmodSync(directory, 0o555);
  tracked.defer(() => chmodSync(directory, 0o755));
  assert.equal(await daemon.tell("remove"), "emptied");
  assert.equal(readFileSync(path, "latin1"), "");
  const next = PidFile.acquire(path, { owner: NOBODY });
  next.close();
});

test("Reading tells the pid and whether the file is locked.", async (t) => {
  const { tracked, path } = place(t);
  assert.equal(PidFile.read(path), undefined);
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  assert.deepEqual([PidFile.read(path)?.pid, PidFile.read(path)?.locked], [undefined, true]);
  await holder.tell("write");
  assert.deepEqual([PidFile.read(path)?.pid, PidFile.read(path)?.locked], [holder.pid, true]);
  await holder.tell("close");
  assert.deepEqual([PidFile.read(path)?.pid, PidFile.read(path)?.locked], [holder.pid, false]);
});

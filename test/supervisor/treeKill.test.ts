import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findTree } from "../../src/supervisor/tree/findTree.ts";
import { readIdentity } from "../../src/supervisor/tree/identity.ts";
import { killTree } from "../../src/supervisor/tree/killTree.ts";
import { signalTree } from "../../src/supervisor/tree/signalTree.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsPath, needsRoot } from "../support/needs.ts";
import { isAlive, readStat } from "../support/process.ts";
import { node24, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { ended, pidsOf, python, script, service, someMark } from "./treeFixture.ts";

/** A patient timeout: nothing here takes that long, but the machine may. */
const PATIENT = { timeout: 15_000 };

/** One process lives at a time, for a moment: it forks and ends. Gives up by itself in the end. */
const HOPPER = ["/usr/bin/perl", "-e", "my $end = time + 30; while (time < $end) { my $pid = fork; exit 0 if $pid; }"];

describe("killTree", () => {
  test("ends who ignores SIGTERM, who left the session, and who forked twice", async (t) => {
    const mark = someMark();
    const text = [
      "trap '' TERM HUP INT",
      "sh -c 'echo $$ > child; while :; do sleep 1; done' &",
      "setsid env -i sh -c 'echo $$ > left; exec sleep 60' &",
      "setsid sh -c 'sh -c \"echo \\$\\$ > daemon; exec sleep 60\" & exit 0'",
      "echo $$ > main; while :; do sleep 1; done",
    ];
    const { main, pid } = script(track(t), mark, text.join("\n"));
    const pids = [main.pid, await pid("child"), await pid("left"), await pid("daemon"), await pid("main")];
    await signalTree({ mark, roots: [main] }, "SIGTERM");
    const { remaining, found } = await killTree({ mark, roots: [main] }, PATIENT);
    assert.deepEqual(remaining, []);
    assert.ok(found >= 4, `found ${found}`);
    for (const one of pids) assert.equal(isAlive(one), false, `process ${one} lives`);
  });

  test("of an instance, spares an attempt that is later than the latest that is meant", async (t) => {
    const tracked = track(t);
    const first = someMark({ attempt: 6 });
    const { home, instance } = first;
    const [old, next] = [first, { ...first, attempt: 7 }].map((mark) => script(tracked, mark, "exec sleep 60").main.pid);
    assert.ok(old !== undefined && next !== undefined);
    const { found } = await killTree({ mark: { home, instance, latest: 6 } }, PATIENT);
    assert.equal(found, 1);
    await ended(old);
    assert.equal(isAlive(next), true);
  });

  test("does nothing where nothing is left", async () => {
    assert.deepEqual(await killTree({ mark: someMark() }), { remaining: [], found: 0 });
  });

  test("ends what is left in the session of a main process that is gone", async (t) => {
    const mark = someMark();
    const { main, pid } = script(
      track(t),
      mark,
      "env -i sh -c 'echo $$ > child; exec sleep 60' & while test ! -s child; do sleep 0.01; done",
    );
    const child = await pid("child");
    await until("the main process to be reaped", () => readIdentity(main.pid) === undefined);
    assert.deepEqual(await killTree({ mark, roots: [main], sessions: [main.pid] }, PATIENT), { remaining: [], found: 1 });
    await ended(child);
  });

  test("ends what is stopped", async (t) => {
    const mark = someMark();
    const { main } = script(track(t), mark, "exec sleep 60");
    process.kill(main.pid, "SIGSTOP");
    await until("it to stop", () => readStat(main.pid).state === "T");
    assert.deepEqual((await killTree({ mark, roots: [main] }, PATIENT)).remaining, []);
    await ended(main.pid);
  });

  test("never touches who got the number later, or strangers beside it", async (t) => {
    const tracked = track(t);
    const mark = someMark();
    const stranger = script(tracked, undefined, "exec sleep 60").main;
    const sibling = script(tracked, someMark(), "exec sleep 60").main;
    const { main } = script(tracked, mark, "exec sleep 60");
    const stale = { ...stranger, startTime: stranger.startTime - 1 };
    assert.deepEqual(await killTree({ mark, roots: [main, stale], sessions: [main.pid, stranger.pid] }, PATIENT), {
      remaining: [],
      found: 1,
    });
    assert.equal(isAlive(main.pid), false);
    // Neither killed nor stopped.
    for (const { pid } of [stranger, sibling]) assert.match(readStat(pid).state, /^[SR]$/);
  });

  test("ends one attempt, and leaves its successor and its hooks", async (t) => {
    const tracked = track(t);
    const mark = someMark();
    const old = script(tracked, mark, "exec sleep 60").main;
    const successor = script(tracked, { ...mark, attempt: 2 }, "exec sleep 60").main;
    const hook = script(tracked, { ...mark, hook: "afterExit" }, "exec sleep 60").main;
    assert.deepEqual(await killTree({ mark, roots: [old] }, PATIENT), { remaining: [], found: 1 });
    for (const { pid } of [successor, hook]) assert.ok(isAlive(pid));
    const { home, instance } = mark;
    assert.deepEqual(await killTree({ mark: { home, instance } }, PATIENT), { remaining: [], found: 2 });
    await ended(successor.pid, hook.pid);
  });

  test("ends many trees at once", async (t) => {
    const tracked = track(t);
    const trees = Array.from({ length: 12 }, (_, index) => {
      const mark = someMark({ instance: `web/${index}` });
      return { mark, roots: [script(tracked, mark, "sleep 60 & wait").main] };
    });
    const killed = await Promise.all(trees.map((tree) => killTree(tree, PATIENT)));
    assert.deepEqual(
      killed.flatMap(({ remaining }) => remaining),
      [],
    );
    await ended(...trees.flatMap(({ roots }) => pidsOf(roots)));
  });

  test("ends a fork bomb", { skip: needsPath(python) }, async (t) => {
    const mark = someMark();
    // Each process forks on, and starts another one for each that ends; 200 tickets at the most are out at a time.
    const code = [
      "import os, fcntl, signal, time",
      "os.set_blocking(3, False)",
      "end = time.monotonic() + 30",
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
      "while time.monotonic() < end:",
      "  try: ticket = os.read(3, 1)",
      "  except BlockingIOError: time.sleep(0.001); continue",
      "  if os.fork() == 0: os.setsid()",
    ];
    const before = "import os; r, w = os.pipe(); os.write(w, b'x' * 200); os.dup2(r, 3); os.set_inheritable(3, True)";
    const bomb = service(track(t), mark, [python, "-c", `${before}\n${code.join("\n")}`]);
    const tree = { mark, roots: [bomb.main] };
    // It goes off while it is looked at.
    await until("it to grow", () => findTree(tree).length > 5);
    const { remaining, found } = await killTree(tree, PATIENT);
    assert.deepEqual(remaining, []);
    assert.ok(found > 5, `found ${found}`);
    assert.deepEqual(findTree(tree), []);
  });

  test("loses none of the children that only their parent tells of", { skip: needsPath(python) }, async (t) => {
    const tracked = track(t);
    const mark = someMark();
    const code = [
      "import os, time",
      "for _ in range(300):",
      "  if os.fork() == 0:",
      "    os.setsid()",
      "    os.write(3, b'%d\\n' % os.getpid())",
      "    os.execve('/bin/sleep', ['sleep', '30'], {})",
      "time.sleep(60)",
    ];
    const before = "import os; os.dup2(os.open('pids', os.O_CREAT | os.O_APPEND | os.O_WRONLY), 3)";
    const { main, dir } = service(tracked, mark, [python, "-c", `${before}\n${code.join("\n")}`]);
    const pids = () => readFileSync(join(dir, "pids"), "utf8").split("\n").filter(Boolean).map(Number);
    await until("it to start", () => pids().length > 10);
    const { remaining } = await killTree({ mark, roots: [main] }, PATIENT);
    const left = pids().filter(isAlive);
    left.map(tracked.kill);
    assert.deepEqual({ remaining, left }, { remaining: [], left: [] });
  });

  test("ends a process that forks and ends faster than one pass", { skip: needsPath("/usr/bin/perl") }, async (t) => {
    const mark = someMark();
    const { main } = service(track(t), mark, HOPPER);
    const tree = { mark, roots: [main], sessions: [main.pid] };
    await until("the main process to be reaped", () => readIdentity(main.pid) === undefined);
    for (let round = 0; round < 40; round += 1) assert.ok(findTree(tree).length > 0, `not seen in round ${round}`);
    assert.deepEqual((await killTree(tree, PATIENT)).remaining, []);
    assert.deepEqual(findTree(tree), []);
  });

  test("ends processes of another user", { skip: needsRoot }, async (t) => {
    const mark = someMark();
    const { main } = script(track(t), mark, "sleep 60 & wait", { uid: 54_321, gid: 54_321 });
    assert.deepEqual((await killTree({ mark }, PATIENT)).remaining, []);
    await ended(main.pid);
  });

  test("tells what it may not kill, and why", { skip: needsAll(needsRoot, needsPath(python)) }, async (t) => {
    const tracked = track(t);
    const mark = someMark();
    const { main } = script(tracked, mark, "exec sleep 60");
    const killed = await killAs(54_321, tracked, { mark, roots: [main] });
    assert.equal(killed.found, 1);
    assert.equal(killed.remaining.length, 1);
    assert.equal(killed.remaining[0]?.pid, main.pid);
    assert.match(killed.remaining[0]?.why ?? "", /^signal SIGKILL to process \d+: Operation not permitted \(EPERM\); run as root/);
    assert.match(readStat(main.pid).state, /^[SR]$/);
  });
});

describe("signalTree", () => {
  test("signals all of a tree, and nobody else", async (t) => {
    const tracked = track(t);
    const mark = someMark();
    const stranger = script(tracked, undefined, "exec sleep 60").main;
    const { main, pid } = script(tracked, mark, "setsid sh -c 'echo $$ > child; exec sleep 60' & echo $$ > main; wait");
    const child = await pid("child");
    await pid("main");
    const { found, refused } = await signalTree({ mark, roots: [main] }, "SIGTERM");
    assert.deepEqual(refused, []);
    assert.ok(pidsOf(found).includes(child));
    await ended(main.pid, child);
    assert.ok(isAlive(stranger.pid));
  });
});

/** killTree in a process of another user. */
async function killAs(uid: number, tracked: Tracked, tree: object): Promise<{ found: number; remaining: { pid: number; why?: string }[] }> {
  const dir = tracked.dir();
  chmodSync(dir, 0o755);
  const module = join(root, "src/supervisor/tree/killTree.ts");
  const code = `import { killTree } from ${JSON.stringify(module)}; console.log(JSON.stringify(await killTree(${JSON.stringify(tree)}, { timeout: 100 })));`;
  const { stdout, stderr } = await run(node24, ["--input-type=module", "-e", code], { uid, gid: uid, cwd: dir });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { findProgram, needsRoot } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { node24 } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { logged, numberedWriter, numbersIn, service } from "./initService.ts";
import { initTree } from "./initTree.ts";

test("what Node, Python and a shell write to their streams is in the log, in order, before their exit is told", async (t) => {
  const tree = await initTree(track(t));
  const programs: [string, string[], string][] = [
    [
      "node",
      [node24, "-e", "for (let i = 0; i < 3; i++) { console.log('out', i); console.error('err', i); }"],
      "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\n",
    ],
    ["sh", ["/bin/sh", "-c", "echo one; echo two > /dev/stderr; echo three >> /dev/stdout"], "one\ntwo\nthree\n"],
  ];
  const python = findProgram("python3");
  if (python !== undefined) {
    programs.push([
      "python",
      [python, "-c", "import sys\nprint('a', flush=True)\nsys.stderr.write('b\\n')\nopen('/dev/stdout', 'w').write('c\\n')"],
      "a\nb\nc\n",
    ]);
  }
  for (const [name, argv, expected] of programs) {
    const { serial } = await service(tree, { name, argv });
    await until(`${name} to end`, () =>
      tree.remote(
        ({ events }, wanted) =>
          (events as { kind: string; serial: number }[]).some((event) => event.kind === "exited" && event.serial === wanted),
        serial,
      ),
    );
    assert.equal(readFileSync(join(tree.dir, name), "utf8"), expected);
  }
});

test("a service of another user can open its own streams again, and has two where they are kept apart", { skip: needsRoot }, async (t) => {
  const tree = await initTree(track(t));
  await tree.remote(
    async ({ client, steps, slot, require }, { dir, mark }) => {
      const open = async (name: string) => (await client.setLog({ name, fd: require("node:fs").openSync(`${dir}/${name}`, "w+") })).log;
      const plan = [
        steps.fork(),
        steps.signalMask([]),
        steps.closeFdsFrom(0, { except: [slot(0), slot(1)] }),
        steps.dup(slot(0), 1),
        steps.dup(slot(1), 2),
        steps.setGroups([]),
        steps.setGid(65_534),
        steps.setUid(65_534),
        steps.exec("/bin/sh", ["sh", "-c", "id -u; echo again > /dev/stdout; echo apart > /dev/stderr"], [mark, "PATH=/usr/bin:/bin"]),
      ];
      const descriptors = [{ pipe: await open("out") }, { pipe: await open("err") }];
      await client.spawn({ key: "user", plan, descriptors, owner: { uid: 65_534, gid: 65_534 } });
    },
    { dir: tree.dir, mark: tree.mark },
  );
  await until("its end", () =>
    tree.remote(({ events }) => (events as { kind: string }[]).some(({ kind }) => kind === "exited"), undefined),
  );
  assert.equal(readFileSync(join(tree.dir, "out"), "utf8"), "65534\nagain\n");
  assert.equal(readFileSync(join(tree.dir, "err"), "utf8"), "apart\n");
});

test("a line at full speed is neither lost nor repeated while the log is changed 20 times, and none is cut", {
  timeout: 120_000,
}, async (t) => {
  const tree = await initTree(track(t));
  const { log } = await service(tree, { name: "log", argv: numberedWriter(tree.dir, 1_000_000) });
  for (let round = 1; round <= 20; round++) {
    await until("some output", () => statSync(join(tree.dir, round === 1 ? "log" : `log.${round - 1}`)).size > 100_000);
    await tree.remote(
      async ({ client, require }, { path, log }) => {
        const { openSync, closeSync } = require("node:fs");
        const fd = openSync(path, "w+");
        await client.setLog({ name: "log", fd, log });
        closeSync(fd);
      },
      { path: join(tree.dir, `log.${round}`), log },
    );
  }
  await until("the last line", () => logged(tree.dir, "log").length >= 100_000_000, {
    timeout: 60_000,
  });
  const parts = readdirSync(tree.dir).filter((name) => /^log(\.\d+)?$/.test(name));
  assert.equal(parts.length, 21);
  for (const part of parts)
    assert.match(readFileSync(join(tree.dir, part), "latin1").slice(-1), /^\n?$/, `${part} ends in the middle of a line`);
  assertComplete(logged(tree.dir, "log"), 1_000_000);
  const switched = await tree.remote(
    ({ events }) => (events as { what?: string }[]).filter(({ what }) => what === "switched").length,
    undefined,
  );
  assert.equal(switched, 20);
});

test("a log that somebody truncates goes on at its new end, and one that is removed is told of", async (t) => {
  const tree = await initTree(track(t));
  const feed = join(tree.dir, "feed");
  execFileSync("mkfifo", [feed]);
  const { log } = await service(tree, {
    name: "log",
    argv: ["/bin/sh", "-c", `exec 3<>${feed}; while read -r line <&3; do echo "$line"; done`],
  });
  const path = join(tree.dir, "log");
  const say = (text: string) => writeFileSync(feed, `${text}\n`);
  say("first");
  await until("the line", () => readFileSync(path, "utf8") === "first\n");
  truncateSync(path);
  say("second");
  await until("the line", () => readFileSync(path, "utf8") === "second\n");
  writeFileSync(path, "by somebody else\n", { flag: "a" });
  say("third");
  await until("the line", () => readFileSync(path, "utf8") === "second\nby somebody else\nthird\n");
  unlinkSync(path);
  say("fourth");
  const whats = () =>
    tree.remote(
      ({ events }) => (events as { kind: string; what: string }[]).filter(({ kind }) => kind === "log").map(({ what }) => what),
      undefined,
    );
  await until("the events", async () => (await whats()).length >= 2);
  assert.deepEqual(await whats(), ["truncated", "removed"]);
  assert.equal(existsSync(path), false);
  const [state] = await tree.remote(({ client }) => client.listLogs(), undefined);
  assert.deepEqual({ log: state?.log, pipes: state?.pipes, errno: state?.errno }, { log, pipes: 1, errno: 0 });
});

test("a change of the log does not wait longer than its deadline for a line that does not end", async (t) => {
  const tree = await initTree(track(t));
  const { log } = await service(tree, { name: "log", argv: ["/bin/sh", "-c", "printf prompt; sleep 1000"] });
  await until("the prompt", () => readFileSync(join(tree.dir, "log"), "utf8") === "prompt");
  const { pending } = await tree.remote(
    async ({ client, require }, { path, log }) =>
      client.setLog({ name: "log", log, fd: require("node:fs").openSync(path, "w+"), deadline: 200 }),
    { path: join(tree.dir, "log.1"), log },
  );
  assert.equal(pending, true);
  await until("the change", async () => (await tree.remote(({ client }) => client.listLogs(), undefined))[0]?.switching === false);
});

test("a log tells once that it has reached a size", async (t) => {
  const tree = await initTree(track(t));
  await service(tree, {
    name: "log",
    argv: ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo 123456789; sleep 0.01; done"],
    tellAt: 50,
  });
  const [event] = await until("the end", async () => {
    const events = await tree.remote(({ events }) => events as { kind: string; what: string; offset: number }[], undefined);
    return events.some(({ what }) => what === "ended") && events.filter(({ what }) => what === "reached");
  });
  assert.equal(event?.offset, 50);
});

test("on a full disk the service waits, and goes on when there is room: not a byte is lost", {
  skip: needsRoot,
  timeout: 120_000,
}, async (t) => {
  const tracked = track(t);
  const tree = await initTree(tracked);
  const disk = join(tree.dir, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m", "daemonitor-test", disk]);
  tracked.defer(() => execFileSync("umount", ["-l", disk]));
  const { pid, log } = await service(tree, { name: "disk/log", argv: numberedWriter(tree.dir, 300_000) });
  const told = (what: string) =>
    tree.remote(({ events }, wanted) => (events as { what?: string; errno?: number }[]).find((event) => event.what === wanted), what);
  const blocked = await until("the full disk", () => told("blocked"), { timeout: 30_000 });
  assert.equal(blocked.errno, 28);
  assert.ok(isAlive(pid));
  const [state] = await tree.remote(({ client }) => client.listLogs(), undefined);
  assert.equal(state?.errno, 28);
  execFileSync("mount", ["-o", "remount,size=60m", disk]);
  await until("room again", () => told("unblocked"), { timeout: 30_000 });
  await until("all lines", () => statSync(join(disk, "log")).size === 30_000_000, { timeout: 60_000 });
  assertComplete(readFileSync(join(disk, "log"), "latin1"), 300_000);
  assert.equal(log, 0);
});

function assertComplete(text: string, count: number): void {
  const numbers = numbersIn(text);
  assert.equal(numbers.length, count);
  for (let index = 0; index < count; index++) if (numbers[index] !== index) assert.fail(`line ${index} says ${numbers[index]}`);
}

test("where no signal can be queued, each line is in the log all the same", async (t) => {
  const tree = await initTree(track(t), { under: ["prlimit", "--sigpending=0", "--"] });
  const names = ["one", "two", "three"];
  for (const name of names)
    await service(tree, { name, argv: ["/bin/sh", "-c", "for n in 1 2 3 4 5; do echo $n; sleep 0.02; done; sleep 1000"] });
  for (const name of names) await until(`the lines of ${name}`, () => readFileSync(join(tree.dir, name), "latin1") === "1\n2\n3\n4\n5\n");
});

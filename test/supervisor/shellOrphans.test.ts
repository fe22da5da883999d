import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Orphans } from "../../src/supervisor/shell/orphans.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { needsPath } from "../support/needs.ts";
import { isAlive, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { HOME, type ShellTree, shellTree } from "./shellTree.ts";

const skip = needsPath(`/proc/${process.pid}/task/${process.pid}/children`);

/** Of an attempt whose main process has ended. */
function of(tree: ShellTree, instance: string, sessions: readonly number[], attempt = 1) {
  return tree.shell(
    ({ orphans }, { instance, sessions, attempt }) => {
      const found = orphans.of(instance, attempt, sessions);
      return { ours: found?.ours.map(({ pid }) => pid), unknown: found?.unknown.map(({ pid }) => pid) };
    },
    { instance, sessions, attempt },
  );
}

/** A service that leaves `more` behind, and a way to end its main process. */
async function leaving(tree: ShellTree, instance: string, more: string, attempt = 1) {
  const at = (name: string) => join(tree.dir, `${instance.replace("/", "-")}.${attempt}.${name}`);
  const script = `${more.replaceAll("PID", at("pid"))}\nwhile ! [ -s ${at("pid")} ]; do sleep 0.01; done; : > ${at("up")}; exec sleep 1000`;
  const { pid, serial } = await tree.launch(await specOf({ command: ["sh", "-c", script] }), { instance, attempt });
  await until("the service", () => existsSync(at("up")));
  return {
    main: pid,
    left: Number(readFileSync(at("pid"), "utf8")),
    async end() {
      await tree.remote(({ client }, serial) => client.signal(serial, 9), serial);
      await until("its end", () => !isAlive(pid));
      await tree.shell(({ known }, pid) => void known.delete(pid), pid);
    },
  };
}

test("nothing is left of a process that was alone", { skip }, async (t) => {
  const tree = await shellTree(track(t));
  const other = await leaving(tree, "other/0", "echo $$ > PID");
  const alone = await leaving(tree, "web/0", "echo $$ > PID");
  await alone.end();
  assert.deepEqual(await of(tree, "web/0", [alone.main]), { ours: [], unknown: [] });
  assert.ok(isAlive(other.main));
});

test("a child, one that left the session, and one that left the parents as well are found", { skip }, async (t) => {
  const tree = await shellTree(track(t));
  const ways = [
    "sh -c 'echo $$ > PID; exec sleep 1000' &",
    "setsid sh -c 'echo $$ > PID; exec sleep 1000' &",
    "(setsid sh -c 'echo $$ > PID; exec sleep 1000' &)",
  ];
  for (const [index, more] of ways.entries()) {
    const instance = `web/${index}`;
    const { main, left, end } = await leaving(tree, instance, more);
    await end();
    await until("a new parent", () => readStat(left).ppid === tree.pid);
    assert.deepEqual(await of(tree, instance, [main]), { ours: [left], unknown: [] }, more);
    assert.deepEqual(await of(tree, "web/9", []), { ours: [], unknown: [] }, "of another");
    process.kill(left, "SIGKILL");
    await until("it to be reaped", async () => (await of(tree, instance, [main])).ours?.length === 0);
  }
});

test("without a mark the session tells whose it is; without either nobody can be sure", { skip }, async (t) => {
  const tree = await shellTree(track(t));
  const bare = `env -i ${tree.mark} sh -c 'echo $$ > PID; exec sleep 1000'`;
  const other = await leaving(tree, "other/0", `(${bare} &)`);
  const same = await leaving(tree, "web/0", `${bare} &`);
  await same.end();
  await until("a new parent", () => readStat(same.left).ppid === tree.pid);
  assert.deepEqual(await of(tree, "web/0", [same.main]), { ours: [same.left], unknown: [] });
  assert.deepEqual(await of(tree, "other/0", [other.main]), { ours: [other.left], unknown: [same.left] });
  process.kill(same.left, "SIGKILL");
  await until("its end", () => !isAlive(same.left));
  assert.deepEqual(await of(tree, "web/0", [same.main]), { ours: [], unknown: [] }, "the other's is in a session that is known");
  const away = await leaving(tree, "web/1", `setsid ${bare} &`);
  await away.end();
  await until("a new parent", () => readStat(away.left).ppid === tree.pid);
  assert.deepEqual(await of(tree, "web/1", [away.main]), { ours: [], unknown: [away.left] });
});

test("what other attempts have left doesn't count", { skip }, async (t) => {
  const tree = await shellTree(track(t));
  const more = "(setsid sh -c 'echo $$ > PID; exec sleep 1000' &)";
  const early = await leaving(tree, "web/0", more, 3);
  const late = await leaving(tree, "web/0", more, 4);
  await early.end();
  assert.deepEqual(await of(tree, "web/0", [early.main], 3), { ours: [early.left], unknown: [] });
  assert.deepEqual(await of(tree, "web/0", [early.main], 2), { ours: [], unknown: [] });
  assert.deepEqual(await of(tree, "web/0", [early.main], 4), { ours: [late.left], unknown: [] });
});

test("a mark that was seen is remembered when an exec hides it", { skip }, async (t) => {
  const tree = await shellTree(track(t));
  const go = join(tree.dir, "go");
  const more = `(setsid sh -c 'echo $$ > PID; while ! [ -e ${go} ]; do sleep 0.01; done; exec env -i ${tree.mark} sleep 1000' &)`;
  const { main, left, end } = await leaving(tree, "web/0", more);
  await end();
  assert.deepEqual(await of(tree, "web/0", [main]), { ours: [left], unknown: [] });
  await tree.remote(({ require }, path) => require("node:fs").writeFileSync(path, ""), go);
  await until("the exec", () => !readFileSync(`/proc/${left}/environ`, "latin1").includes(HOME));
  assert.deepEqual(await of(tree, "web/0", [main]), { ours: [left], unknown: [] });
});

test("where the kernel has no list of children, nobody is sure", () => {
  assert.deepEqual(new Orphans(2 ** 30, HOME, () => false).of("web/0", 1, []), undefined);
});

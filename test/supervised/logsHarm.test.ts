import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { logged } from "../support/logged.ts";
import { needsRoot } from "../support/needs.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

test("a child that opens its streams again, by whatever name, harms nothing", async (t) => {
  const s = await supervised(t);
  const script = `
    echo 1; echo 2 > /dev/stderr; echo 3 >> /dev/stdout; echo 4 > /proc/self/fd/1
    sh -c 'exec 7>/proc/self/fd/1 8</proc/self/fd/1; echo 5 >&7'
    sh -c 'echo 6 > /dev/fd/2' ; (exec 1>/dev/stderr; echo 7)
    exec sleep 1000`;
  await s.apply({ web: { command: ["sh", "-c", script], logs: { compress: false } } });
  await until("all lines", () => logged(s.home.log, "web/0").split("\n").length > 7);
  assert.equal(logged(s.home.log, "web/0"), "1\n2\n3\n4\n5\n6\n7\n");
  assert.equal((await s.status("web/0")).state, "running");
});

test("the same as another user, who can't read the log itself", { skip: needsRoot }, async (t) => {
  const s = await supervised(t);
  const log = join(s.home.log, "web/0.log");
  const script = `echo 1 > /dev/stderr; echo 2 > /proc/self/fd/1; cat ${log} 2>/dev/null || echo unreadable; exec sleep 1000`;
  await s.apply({ web: { command: ["sh", "-c", script], user: 65_534, group: 65_534, cwd: "/" } });
  await until("all lines", () => logged(s.home.log, "web/0").split("\n").length > 3);
  assert.equal(logged(s.home.log, "web/0"), "1\n2\nunreadable\n");
});

test("a log that somebody empties, removes or moves away goes on", async (t) => {
  const s = await supervised(t);
  const fifo = join(s.dir, "feed");
  execFileSync("mkfifo", [fifo]);
  await s.apply({ web: { command: ["sh", "-c", `exec 3<>${fifo}; while read -r line <&3; do echo "$line"; done`] } });
  const path = join(s.home.log, "web/0.log");
  const say = (text: string) => writeFileSync(fifo, `${text}\n`);
  const has = (text: string) => until(`"${text}"`, () => existsSync(path) && readFileSync(path, "utf8").includes(text));
  const event = (message: RegExp) =>
    until(String(message), async () => (await s.events()).some((one) => one.type === "problem" && message.test(one.message)));
  say("one");
  await has("one\n");
  truncateSync(path);
  say("two");
  await has("two\n");
  assert.equal(readFileSync(path, "utf8"), "two\n");
  await event(/emptied by somebody/);
  unlinkSync(path);
  say("three");
  await event(/removed by somebody/);
  await until("a new file", () => existsSync(path));
  say("four");
  await has("four\n");
  renameSync(path, join(s.dir, "moved"));
  say("five");
  await until("a new file", () => existsSync(path));
  say("six");
  await has("six\n");
  assert.match(readFileSync(join(s.dir, "moved"), "utf8"), /five\n/);
  assert.equal((await s.status("web/0")).restarts, 0);
});

test("a link that somebody puts in the way of the next segment is not followed", async (t) => {
  const s = await supervised(t);
  const victim = join(s.dir, "victim");
  writeFileSync(victim, "precious");
  await s.apply({ web: { command: ["sh", "-c", "echo line; exec sleep 1000"], logs: { compress: false } } });
  await until("the line", () => logged(s.home.log, "web/0") === "line\n");
  symlinkSync(victim, join(s.home.log, "web/.0.log.next"));
  const { instances } = await s.client.act({ selector: "web", action: "rotate" });
  assert.equal(instances[0]?.outcome, "done");
  assert.equal(readFileSync(victim, "utf8"), "precious");
  assert.equal(readdirSync(join(s.home.log, "web")).includes(".0.log.next"), false);
});

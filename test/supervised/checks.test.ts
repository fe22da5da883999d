import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { checked } from "../fixtures/checks/checked.ts";
import { doing } from "../fixtures/checks/written.ts";
import { needsDisks } from "../fixtures/supervised2/disks.ts";
import { isAlive } from "../support/process.ts";
import { cli, node24 } from "../support/run.ts";
import { until } from "../support/wait.ts";

const LONG = { timeout: 60_000 };
/** Grows at its first start only; later ones stay small. */
const GROWING = `
  const fs = require("node:fs");
  const held = [];
  if (!fs.existsSync("grown")) {
    fs.writeFileSync("grown", "");
    setInterval(() => { if (held.length < 20) held.push(Buffer.alloc(10_000_000, 1)); }, 100);
  }
  setInterval(() => {}, 1000);
`;

function lines(
  file: string,
): readonly { readonly kind: string; readonly subject: string; readonly message: string; readonly count: number }[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

// They wait for samples, and for half a minute once: at the same time.
describe("checks and alerts", { concurrency: 3 }, () => {
  test("a service whose memory grows is restarted by its check, and recovers; a program is told of both", async (t) => {
    const s = await checked(t, (dir) => ({ alerts: [{ exec: ["sh", "-c", 'cat >> "$0"', join(dir, "told")] }] }));
    const command = ["sh", "-c", 'echo "$DAEMONITOR_CHECK_SUBJECT $DAEMONITOR_CHECK_TEXT" >> acted'];
    await s.apply({
      web: {
        command: [node24, "-e", GROWING],
        restart: { backoff: { initial: "10ms" } },
        checks: [doing({ metric: "memory", above: "150MiB", for: "2 of 3" }, "alert", { exec: command }, "restart")],
      },
    });
    const { pid } = await s.status("web/0");
    await until(
      "it to be restarted",
      async () => (await s.status("web/0")).pid !== pid && (await s.status("web/0")).state === "running",
      LONG,
    );
    const state = await s.check("web/0: memory", ({ state }) => state === "ok");
    assert.match(state.lastAction?.text ?? "", /^sh exited 0; restarted$/);
    const told = await until("both to be told", () => lines(join(s.dir, "told")).length === 2 && lines(join(s.dir, "told")), LONG);
    assert.deepEqual(
      told.map(({ kind, subject, count }) => [kind, subject, count]),
      [
        ["failing", "web/0", 1],
        ["recovered", "web/0", 1],
      ],
    );
    assert.match(told[0]?.message ?? "", /^web\/0: memory above 150 MiB: \d+ MiB \(2 of 3\): exec sh, restart$/);
    assert.equal(readFileSync(join(s.dir, "acted"), "utf8"), "web/0 memory above 150 MiB\n");
    // By the restart policy: it counts.
    const why = (await s.client.why("web/0"))[0]?.history.map(({ reason }) => reason).join("; ") ?? "";
    assert.match(why, /unhealthy: memory above 150 MiB/);
    assert.equal((await s.status("web/0")).restarts, 1);
    const events = (await s.events()).filter((event) => "subject" in event && event.subject.startsWith("web/0: memory"));
    assert.deepEqual(
      events.map(({ type }) => type),
      ["problem", "recovered"],
    );
  });

  test("a service that is given up is told, and a secret in an address is told nowhere", async (t) => {
    const posted: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        posted.push(`${request.url} ${body}`);
        response.statusCode = posted.length === 1 ? 503 : 200;
        response.end();
      });
    });
    const port = await listening(t, server);
    const s = await checked(t, () => ({ alerts: [{ webhook: `http://127.0.0.1:${port}/SECRET`, format: "slack" }] }));
    await s.apply({ bad: { command: ["sh", "-c", "exit 3"], restart: { limit: 0 } } }, { wait: 0 });
    await until("it to be told at the second attempt", () => posted.length >= 2, LONG);
    assert.match(posted[1] ?? "", /^\/SECRET \{"text":"\*\[.*\] FAILING bad\/0: failed\*\\nbad\/0 failed: exit status 3/);
    const { routes, recent } = await s.client.alerts();
    assert.deepEqual([routes[0]?.name, recent.length], [`webhook 127.0.0.1:${port}`, 1]);
    await until("it to be sent", async () => (await s.client.alerts()).routes[0]?.sent === 1, LONG);
    const all = JSON.stringify([routes, recent, await s.events(), await s.about(), await s.client.list()]);
    assert.ok(!all.includes("SECRET"), all);
    const shown = await cli(["alerts"], { env: s.env });
    assert.match(shown.stdout, /^webhook 127\.0\.0\.1:\d+ {2}1 sent/);
    const tested = await cli(["alerts", "test", "webhook"], { env: s.env });
    assert.match(tested.stdout, /^webhook 127\.0\.0\.1:\d+: sent in /);
    assert.ok(!(shown.stdout + tested.stdout).includes("SECRET"));
    assert.equal((await cli(["alerts", "test", "nosuch"], { env: s.env })).code, 64);
  });

  test("a dead webhook, a hanging program and a mail server that says nothing: services restart as ever", async (t) => {
    const silent = createTcpServer(() => {});
    const port = await listening(t, silent);
    const s = await checked(t, () => ({
      alerts: [
        { webhook: `http://127.0.0.1:${port}/` },
        { exec: ["sh", "-c", "sleep 1000 & sleep 1000"], name: "hanging" },
        { mail: "ops@example.com", smtp: `smtp://127.0.0.1:${port}` },
        { webhook: "http://127.0.0.1:1/" },
      ],
    }));
    await s.apply({ nap: { command: ["sleep", "1000"], restart: { stable: "1ms" } } });
    await s.apply({ bad: { command: ["false"], restart: { limit: 0 } } }, { wait: 0 });
    await until("all to be under way", async () => (await s.client.alerts()).routes.every(({ waiting }) => waiting.length === 1), LONG);
    const hanging = await until("the program", () => marked("sleep 1000 & sleep 1000"), LONG);
    for (let round = 0; round < 5; round++) {
      const { pid } = await s.status("nap/0");
      assert.ok(pid !== null);
      const began = performance.now();
      process.kill(pid, "SIGKILL");
      await until("the next process", async () => {
        const now = await s.status("nap/0");
        return now.pid !== pid && now.state === "running";
      });
      assert.ok(performance.now() - began < 5000, "a restart takes milliseconds, and seconds on a busy machine");
    }
    // After 30 s it is killed, with all that it started.
    await until("the hanging program to be killed", () => !hanging.some(isAlive), { timeout: 90_000 });
    const { routes } = await s.client.alerts();
    assert.match(routes.find(({ name }) => name === "hanging")?.lastError ?? "", /^sh did not end in 30 s, and was killed$/);
    assert.ok(routes.every(({ sent }) => sent === 0));
    assert.ok((await s.about()).degraded.some((text) => /^alerts: hanging: alerts wait/.test(text)));
  });

  test("prune-logs removes half of what was put aside, the oldest first, and leaves what is written to", async (t) => {
    const s = await checked(t, () => ({}));
    const program =
      'let n = 0; const timer = setInterval(() => { console.log("x".repeat(9000) + n); if (++n === 40) clearInterval(timer); }, 20); setInterval(() => {}, 1000);';
    await s.apply({
      loud: {
        command: [node24, "-e", program],
        logs: { maxSize: "16KiB", compress: false },
        checks: [doing({ metric: "uptime", above: "6s" }, "prune-logs")],
      },
    });
    const archives = () => readdirSync(join(s.home.log, "loud")).filter((name) => /^0\..*\d.*\.log$/.test(name));
    const before = await until("some to be put aside", () => archives().length >= 5 && archives(), LONG);
    const { lastAction } = await s.check("loud/0: uptime", ({ lastAction }) => lastAction !== null && lastAction.text !== "");
    assert.match(lastAction?.text ?? "", /^pruned \d+ log files, \d+ KiB$/);
    const removed = Number(/\d+/.exec(lastAction?.text ?? "")?.[0]);
    assert.ok(removed >= 2, String(removed));
    const after = archives();
    assert.ok(after.length >= removed - 2 && !after.includes([...before].sort()[0] ?? ""), `${before} → ${after}`);
    assert.ok(existsSync(join(s.home.log, "loud/0.log")));
    assert.deepEqual(await s.told(), [], "it was not asked to tell");
  });

  test("flapping is told once", async (t) => {
    const s = await checked(t, (dir) => ({ disk: [{ path: join(dir, "flag"), exists: false }] }));
    for (let round = 0; round < 3; round++) {
      writeFileSync(join(s.dir, "flag"), "");
      await s.check("flag: exists", ({ state }) => state === "firing");
      rmSync(join(s.dir, "flag"));
      await s.check("flag: exists", ({ state }) => state === "ok");
    }
    assert.deepEqual(await s.told(), [`failing ${join(s.dir, "flag")}: exists`, `recovered ${join(s.dir, "flag")}: exists`]);
  });

  test("a disk of 50 MB that is full, out of inodes, or read-only: each check fires once, acts, and recovers", {
    skip: needsDisks(),
  }, async (t) => {
    const act = (dir: string, word: string) => ["sh", "-c", `echo "${word} $DAEMONITOR_CHECK_VALUE" >> ${join(dir, "acted")}`];
    const s = await checked(t, (dir, defer) => {
      const path = join(dir, "disk");
      mkdirSync(path);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=50m,nr_inodes=200", "none", path]);
      defer(() => execFileSync("umount", ["-l", path]));
      return {
        disk: [
          doing({ path, free: { below: "10%" }, for: "2 of 2" }, "alert", { exec: act(dir, "free") }),
          doing({ path, inodes: { below: "10%" }, for: "2 of 2" }, "alert", { exec: act(dir, "inodes") }),
          doing({ path, readOnly: true }, "alert", { exec: act(dir, "readOnly") }),
        ],
      };
    });
    const path = join(s.dir, "disk");
    await s.check("disk: free", ({ state }) => state === "ok");
    writeFileSync(join(path, "big"), Buffer.alloc(48_000_000));
    await s.check("disk: free", ({ state }) => state === "firing");
    rmSync(join(path, "big"));
    await s.check("disk: free", ({ state }) => state === "ok");
    for (let file = 0; file < 190; file++) writeFileSync(join(path, `small${file}`), "");
    await s.check("disk: free inodes", ({ state }) => state === "firing");
    for (let file = 0; file < 190; file++) rmSync(join(path, `small${file}`));
    await s.check("disk: free inodes", ({ state }) => state === "ok");
    execFileSync("mount", ["-o", "remount,ro", path]);
    await s.check("disk: read-only", ({ state }) => state === "firing");
    execFileSync("mount", ["-o", "remount,rw", path]);
    await s.check("disk: read-only", ({ state }) => state === "ok");
    const titles = ["free space below 10 %", "free inodes below 10 %", "read-only"];
    assert.deepEqual(
      await s.told(),
      titles.flatMap((title) => [`failing ${path}: ${title}`, `recovered ${path}: ${title}`]),
    );
    const acted = await until("all to be done", () => {
      const done = readFileSync(join(s.dir, "acted"), "utf8").trim().split("\n");
      return done.length === 3 && done;
    });
    assert.deepEqual(
      acted.map((line) => line.replace(/ .*/, "")),
      ["free", "inodes", "readOnly"],
    );
  });
});

function listening(t: TestContext, server: Server): Promise<number> {
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server && typeof server.closeAllConnections === "function") server.closeAllConnections();
  });
  server.unref();
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

/** Processes with this in their command line. */
function marked(text: string): readonly number[] | false {
  const output = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
  const found = output.split("\n").flatMap((line) => (line.includes(text) ? [Number.parseInt(line, 10)] : []));
  return found.length > 0 && found;
}

import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { hasSignal, inspect } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, node24, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { stopped } from "./daemons.ts";
import { fetchOnce } from "./sockets.ts";

const example = join(root, "examples/http-server.ts");

test("A Node server that daemonizes itself answers as soon as its launcher has ended.", async (t) => {
  const { launch, address, log, pid, files } = server(t);
  assert.deepEqual(await launch(), { code: 0, stdout: "", stderr: "" });
  assert.equal((await fetchOnce(address(), "/first")).body, "hello\n");
  assert.match(log(), /GET \/first\n/);

  const daemon = inspect(pid());
  assert.deepEqual([daemon.cwd, daemon.umask, daemon.ttyNr, daemon.cmdline.join("")], ["/", 0o022, 0, "http-server"]);
  assert.ok(daemon.pgrp !== daemon.pid && daemon.sid !== daemon.pid);
  for (const fd of [0, 1, 2]) assert.equal(daemon.fds.get(fd)?.target, "/dev/null");

  await stopped({ pid: daemon.pid, pidFile: files.pidFile });
  assert.match(log(), /SIGTERM: no new requests\n.* ended\n$/);
  assert.ok(!existsSync(files.pidFile));
});

test("SIGHUP makes it read its configuration and open its log again; a mistake there doesn't end it.", async (t) => {
  const { launch, address, configure, log, pid, files } = server(t);
  assert.equal((await launch()).code, 0);
  const { sigIgn, sigCgt } = inspect(pid());
  assert.ok(hasSignal(sigCgt, "SIGHUP") && !hasSignal(sigIgn, "SIGHUP"));

  const to = address();
  renameSync(files.logFile, `${files.logFile}.1`);
  configure("good day");
  await hangup(files.pidFile);
  await until("the new log", () => /configuration read again/.test(log()));
  assert.equal((await fetchOnce(to)).body, "good day\n");
  assert.doesNotMatch(readFileSync(`${files.logFile}.1`, "utf8"), /read again/);

  writeFileSync(files.config, "{ not JSON");
  await hangup(files.pidFile);
  await until("word of the mistake", () => /goes on with the old configuration: SyntaxError/.test(log()));
  assert.equal((await fetchOnce(to)).body, "good day\n");
});

test("A second one is refused and names the first; a port that is taken is told by the launcher.", async (t) => {
  const { launch, configure, pid, files } = server(t);
  assert.equal((await launch()).code, 0);
  const second = await launch();
  assert.equal(second.code, 75);
  assert.match(second.stderr, new RegExp(`^pid file ${files.pidFile}: held by process ${pid()} \\(`));
  assert.equal((await cli(["stop", "--pid-file", files.pidFile])).code, 0);

  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  configure("hello", typeof address === "object" ? address?.port : undefined);
  const third = await launch();
  assert.equal(third.code, 69);
  assert.match(third.stderr, /^ready listen: Address already in use \(EADDRINUSE\)/);
  assert.ok(!existsSync(files.pidFile));
});

test("Started from a terminal, it outlives the window.", { skip: needsProgram("script") }, async (t) => {
  const { address, pid, files } = server(t);
  const terminal = onTerminal([node24, example, files.config]);
  t.after(() => terminal.close());
  assert.equal(await terminal.exited, 0, terminal.output());
  assert.equal(inspect(pid()).ttyNr, 0);
  await terminal.close();
  assert.equal((await fetchOnce(address())).status, 200);
});

function server(t: TestContext) {
  const tracked = track(t);
  const dir = tracked.dir();
  const files = { config: `${dir}/config.json`, pidFile: tracked.killNamedIn(`${dir}/pid`), logFile: `${dir}/log` };
  const configure = (greeting: string, port = 0) =>
    writeFileSync(files.config, JSON.stringify({ pidFile: "pid", logFile: "log", host: "127.0.0.1", port, greeting }));
  configure("hello");
  const log = () => readFileSync(files.logFile, "utf8");
  return {
    files,
    configure,
    log,
    /** Its configuration is a relative path, which the daemon must not look for in "/". */
    async launch() {
      const { code, stdout, stderr } = await run(node24, [example, "config.json"], { cwd: dir });
      return { code, stdout, stderr };
    },
    pid: () => Number(readFileSync(files.pidFile, "utf8")),
    address: () => ({ host: "127.0.0.1", port: Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(log())?.[1]) }),
  };
}

async function hangup(pidFile: string): Promise<void> {
  const { code, stderr } = await cli(["signal", "--pid-file", pidFile, "HUP"]);
  assert.deepEqual([code, stderr], [0, ""]);
}

/** The command as a process of its own, and as a service. */
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cliArgv, start } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { ask } from "./ask.ts";
import { freePort } from "./freePort.ts";

const SLOW = { timeout: 180_000 };

async function metricsOf(port: number, url: string): Promise<string> {
  const token = url.slice(url.indexOf("=") + 1).trim();
  return (await ask(port, "/metrics", { headers: { Authorization: `Bearer ${token}` } })).text;
}

function begin({ tracked, env }: Supervised, args: readonly string[]) {
  const [file = "", ...rest] = cliArgv(["dashboard", ...args]);
  const child = start(file, rest, { env });
  tracked.kill(child.pid ?? 0);
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output, ended };
}

test("in the foreground it prints its address, serves, and ends with SIGTERM", SLOW, async (t) => {
  const found = await supervised(t);
  const port = await freePort();
  const { child, output, ended } = begin(found, ["--listen", `127.0.0.1:${port}`]);
  await until("the address", () => output.stdout.includes("\n"), { timeout: 60_000 });
  assert.match(output.stdout, new RegExp(`^http://127\\.0\\.0\\.1:${port}/#token=[\\w-]{43}\n$`));
  assert.match(await metricsOf(port, output.stdout), /daemonitor_services 0/);
  assert.equal(statSync(join(found.home.state, "dashboard.token")).mode & 0o777, 0o600);
  await until("a history", () => existsSync(join(found.home.state, "dashboard/history.sqlite")), { timeout: 30_000 });
  assert.equal(statSync(join(found.home.state, "dashboard")).mode & 0o777, 0o700);
  const second = begin(found, ["--listen", `127.0.0.1:${port}`]);
  assert.equal(await second.ended, 71);
  assert.match(second.output.stderr, /EADDRINUSE|address already in use/);
  assert.equal(second.output.stderr.trim().split("\n").length, 1, second.output.stderr);
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.equal(output.stderr, "");
});

test("what other machines can reach needs --expose", SLOW, async (t) => {
  const { command } = await supervised(t);
  for (const address of ["0.0.0.0:9977", "[::]:9977", "192.0.2.1:80", "example.org:80"]) {
    const { code, stderr } = await command(["dashboard", "--listen", address]);
    assert.equal(code, 64, stderr);
    assert.match(stderr, /--expose/);
  }
});

test("as a service it is kept running, keeps its token, and keeps the token out of its log", SLOW, async (t) => {
  const found = await supervised(t, { start: false });
  const port = await freePort();
  const { code, stdout, stderr } = await found.command(["dashboard", "--service", "--listen", `127.0.0.1:${port}`], { timeout: 90_000 });
  assert.deepEqual([code, stderr], [0, ""]);
  const url = /http:\S+/.exec(stdout)?.[0] ?? "";
  assert.match(url, /#token=[\w-]{43}$/);
  assert.match(await metricsOf(port, url), /daemonitor_instance_up\{service="dashboard",instance="dashboard\/0"\} 1/);
  const { pid, statusText } = await found.status("dashboard/0");
  assert.match(statusText ?? "", /listening on/);
  process.kill(pid ?? 0, "SIGKILL");
  await until("the next one", async () => (await found.status("dashboard/0")).pid !== pid && (await found.status("dashboard/0")).ready, {
    timeout: 60_000,
  });
  assert.match(await metricsOf(port, url), /daemonitor_instance_up/);
  assert.match(found.log("dashboard/0"), /http:\/\/127\.0\.0\.1/);
  assert.doesNotMatch(found.log("dashboard/0"), /token=/);
});

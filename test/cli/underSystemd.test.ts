/** ExecStart of the unit that `enable` writes, as systemd would run it: its environment, its notify socket, its signals. */
import assert from "node:assert/strict";
import { closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Boot, unitText } from "../../src/cli/enableUnit.ts";
import { native } from "../../src/native/addon.ts";
import { type TestHome, testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { inspect, readList } from "../support/process.ts";
import { fixture, node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const ONE_COMMAND = fixture("oneCommand.ts");

/** The words of ExecStart and the environment that the unit gives; both are written without anything that needs quoting. */
function read(unit: string): { readonly argv: readonly string[]; readonly env: Record<string, string> } {
  const values = (key: string) => unit.split("\n").flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  const [command = ""] = values("ExecStart");
  const pairs = values("Environment").map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] as const);
  return { argv: command.split(" "), env: Object.fromEntries(pairs) };
}

interface Unit extends TestHome {
  readonly pid: number;
  /** What came at the notify socket so far, and from whom. */
  readonly told: { readonly text: string; readonly pid: number }[];
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  command(...args: string[]): ReturnType<typeof run>;
}

async function startUnit(t: TestContext, prepare: (command: Unit["command"]) => Promise<unknown>): Promise<Unit> {
  const tracked = track(t);
  const home = testHome(tracked);
  mkdirSync(join(home.dir), { recursive: true });
  const command: Unit["command"] = (...args) => run(node24, [ONE_COMMAND, ...args], { env: home.env, timeout: 60_000 });
  await prepare(command);
  const boot: Boot = { name: "daemonitor", program: [node24, ONE_COMMAND], path: "/usr/bin:/bin", home: home.dir, log: "" };
  const { argv, env } = read(unitText(boot, "system"));
  const { fd, address } = native().notifySocket();
  tracked.defer(() => closeSync(fd));
  const given = {
    ...env,
    // systemd.exec(5), "ENVIRONMENT VARIABLES IN SPAWNED PROCESSES", for a service of the system's manager.
    ...{ LANG: "C.UTF-8", INVOCATION_ID: "0123456789abcdef0123456789abcdef", JOURNAL_STREAM: "8:12345", SYSTEMD_EXEC_PID: "1" },
    NOTIFY_SOCKET: address,
    DAEMONITOR_TEST: process.env.DAEMONITOR_TEST,
  };
  const child = start(argv[0] ?? "", argv.slice(1), { env: given, clearEnv: true, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  tracked.killSession(child.pid ?? 0);
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  const told: Unit["told"] = [];
  const timer = setInterval(() => {
    for (let message = native().receiveNotify(fd); message !== null; message = native().receiveNotify(fd)) {
      told.push({ text: Buffer.from(message.data).toString(), pid: message.pid });
    }
  }, 20);
  tracked.defer(() => clearInterval(timer));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { ...home, pid: child.pid ?? 0, told, ended, command, signal: (name) => void child.kill(name) };
}

const tellsOf = ({ told }: Unit) => told.map(({ text }) => text).join("\n");

test("with saved services: ready when they are up, the main process is init, and SIGTERM stops all and ends with 0", async (t) => {
  const unit = await startUnit(t, async (command) => {
    const started = await command("start", "--name", "web", "--", "sleep", "1000");
    assert.equal(started.code, 0, started.stderr);
    assert.equal((await command("shutdown")).code, 0);
  });
  await until("READY=1", () => tellsOf(unit).includes("READY=1"), { timeout: 60_000 });
  assert.equal(inspect(unit.pid).name, "daemonitor-init");
  const sender = unit.told.find(({ text }) => text.includes("READY=1"))?.pid;
  assert.ok(sender !== undefined && sender !== unit.pid, "the supervisor tells: NotifyAccess=all");
  const [service] = await until("the service", () => {
    const pids = unit.processes().filter((pid) => inspect(pid).name === "sleep");
    return pids.length > 0 && pids;
  });
  const names = readList(service ?? 0, "environ").map((entry) => entry.toString().replace(/=.*/s, ""));
  for (const name of ["NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM"]) assert.ok(!names.includes(name), name);
  unit.signal("SIGTERM");
  assert.equal(await unit.ended, 0);
  assert.match(tellsOf(unit), /STOPPING=1/);
  await until("the tree to end", () => unit.processes().length === 0);
});

test("nothing is saved: it is ready and stays, and ends with 0 when it is shut down, so that Restart=on-failure leaves it", async (t) => {
  const unit = await startUnit(t, async () => {});
  await until("READY=1", () => tellsOf(unit).includes("READY=1"), { timeout: 60_000 });
  assert.equal((await unit.command("shutdown")).code, 0);
  assert.equal(await unit.ended, 0);
});

test("SIGKILL of the main process is no end of the services: the next start of the unit adopts them", async (t) => {
  const unit = await startUnit(t, async (command) => {
    await command("start", "--name", "web", "--", "sleep", "1000");
    await command("shutdown");
  });
  const services = () => unit.processes().filter((pid) => inspect(pid).name === "sleep");
  await until("the service", () => services().length === 1, { timeout: 60_000 });
  const [before] = services();
  unit.signal("SIGKILL");
  await unit.ended;
  const status = await until(
    "the next tree",
    async () => {
      const { stdout, code } = await unit.command("status", "--json");
      return code === 0 && (JSON.parse(stdout) as { services: { instances: { pid: number }[] }[] });
    },
    { timeout: 60_000 },
  );
  assert.equal(status.services[0]?.instances[0]?.pid, before);
});

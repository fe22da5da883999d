import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { hasSignal, inspect, isAlive } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { cliArgv, fixture, node24, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { childrenOf, stopped } from "./daemons.ts";

test("Ctrl-C on a terminal gives up waiting: the daemon and its children are ended, exit code 130.", {
  skip: needsProgram("script"),
}, async (t) => {
  const { tracked, pidFile, argv, daemon } = waiting(t, "sleep 1000 & wait");
  const terminal = onTerminal(argv);
  tracked.defer(() => terminal.close());
  const { pid, child } = await daemon();
  terminal.write("\x03");
  assert.equal(await terminal.exited, 130);
  assert.match(terminal.output(), /ready: interrupted by SIGINT before the daemon was ready; it was ended/);
  assert.deepEqual([isAlive(pid), isAlive(child), existsSync(pidFile)], [false, false, false]);
});

test("SIGTERM does it too, with 143, and a daemon that ignores it is killed.", async (t) => {
  const { tracked, pidFile, argv, daemon } = waiting(t, "trap '' TERM; sleep 1000 & wait");
  const launcher = launch(argv);
  tracked.kill(launcher.pid);
  const { pid, child } = await daemon();
  process.kill(launcher.pid, "SIGTERM");
  assert.deepEqual(await launcher.ended, [143, null]);
  assert.deepEqual([isAlive(pid), existsSync(pidFile)], [false, false]);
  // It was sent SIGKILL; on a loaded machine it dies a moment later.
  await until("its child to end", () => !isAlive(child));
});

test("A launcher that is killed while it waits takes no daemon with it.", async (t) => {
  const { tracked, pidFile, argv, daemon } = waiting(t, "sleep 1000 & wait");
  const launcher = launch(argv);
  tracked.kill(launcher.pid);
  const { pid } = await daemon();
  process.kill(launcher.pid, "SIGKILL");
  assert.deepEqual(await launcher.ended, [null, "SIGKILL"]);
  assert.ok(isAlive(pid));
  await stopped({ pid, pidFile });
});

test("A Node daemon whose launcher was killed becomes ready all the same, and keeps its pid file.", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const launcher = launch([node24, fixture("system/singleDaemon.ts"), pidFile, "slow"]);
  tracked.kill(launcher.pid);
  const pid = await until("the pid file", () => Number(readFileSync(pidFile, "latin1")) || undefined);
  await until("its handlers", () => hasSignal(inspect(pid).sigCgt, "SIGUSR2"));
  process.kill(launcher.pid, "SIGKILL");
  assert.deepEqual(await launcher.ended, [null, "SIGKILL"]);
  process.kill(pid, "SIGUSR2");
  await until("it to go on", () => existsSync(`${pidFile}.ready`));
  await stopped({ pid, pidFile });
  assert.ok(!existsSync(pidFile));
});

/** A launcher that waits for a shell script, which has one child, to send READY=1. It never does. */
function waiting(t: TestContext, script: string) {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const flags = ["--ready", "notify", "--timeout", "0", "--pid-file", pidFile];
  return {
    tracked,
    pidFile,
    argv: cliArgv(["daemonize", ...flags, "--", "sh", "-c", script]),
    async daemon() {
      const pid = await until("the pid file", () => Number(readFileSync(pidFile, "latin1")) || undefined);
      const child = await until("its child", () => childrenOf(pid).find((candidate) => inspect(candidate).name === "sleep"));
      tracked.killSession(pid);
      return { pid, child };
    },
  };
}

function launch([file = "", ...args]: readonly string[]) {
  const child = start(file, args, { stdio: "ignore" });
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => child.on("exit", (...how) => resolve(how)));
  return { pid: child.pid ?? 0, ended };
}

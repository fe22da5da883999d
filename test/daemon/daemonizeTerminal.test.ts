import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { type Inspected, inspect, isAlive, readStat } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { cliArgv, run, start } from "../support/run.ts";
import { quote } from "../support/startedUnder.ts";
import { until } from "../support/wait.ts";
import { atRest } from "./atRest.ts";
import { assertClassic, assertClassicNode, IGNORED_BY_NODE } from "./classicState.ts";
import { fixtureArgv, launchFixture } from "./createDaemonFixture.ts";

const needsScript = needsProgram("script");
const needsPython = needsProgram("python3");

interface Case {
  readonly who: string;
  argv(pidFile: string, hangup: string): string[];
  look(pid: number): Promise<Inspected>;
  check: typeof assertClassic;
  ignoring(hangup: string): readonly string[];
}

const cases: readonly Case[] = [
  {
    who: "a program",
    argv: (pidFile, hangup) => cliArgv(["daemonize", "--pid-file", pidFile, "--hangup", hangup, "--", "sleep", "1000"]),
    look: atRest,
    check: assertClassic,
    ignoring: (hangup) => (hangup === "ignore" ? ["SIGHUP"] : []),
  },
  {
    who: "a Node program",
    argv: (pidFile, hangup) => fixtureArgv({ pidFile, hangup }),
    look: async (pid) => inspect(pid),
    check: assertClassicNode,
    ignoring: (hangup) => [...(hangup === "ignore" ? ["SIGHUP"] : []), ...IGNORED_BY_NODE],
  },
];

for (const { who, argv, look, check, ignoring } of cases) {
  for (const hangup of ["ignore", "default"]) {
    test(`${who} launched from a terminal has none, and survives its end, with hangup: ${hangup}`, { skip: needsScript }, async (t) => {
      const tracked = track(t);
      const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
      // A process that stays on the terminal shows that the hangup is a real one.
      const script = `${argv(pidFile, hangup).map(quote).join(" ")}; echo launched $? $$; exec sleep 1000`;
      const terminal = onTerminal(["sh", "-c", script]);
      tracked.defer(() => terminal.close());
      const [, code, left] = await until("the launcher to end", () => /launched (\d+) (\d+)/.exec(terminal.output()));
      assert.equal(code, "0", terminal.output());
      const bystander = tracked.kill(Number(left));
      const daemon = await look(Number(readFileSync(pidFile, "utf8")));
      check(daemon, { others: [pidFile], ignored: ignoring(hangup) });
      assert.notEqual(readStat(bystander).ttyNr, 0);

      await terminal.close();
      await until("the terminal's own process to be hung up", () => !isAlive(bystander));
      assert.ok(isAlive(daemon.pid));
      check(inspect(daemon.pid), { others: [pidFile], ignored: ignoring(hangup) });
    });
  }
}

test("a daemon that opens a terminal without O_NOCTTY doesn't acquire it", { skip: needsPython }, async (t) => {
  const tracked = track(t);
  const tty = await freeTerminal(tracked);
  await assertAcquirable(tty);
  const daemon = tracked.kill(await daemonize("sh", ["-c", 'exec 3<>"$0"; exec sleep 1000', tty]));
  const { fds, ttyNr } = await atRest(daemon);
  assert.deepEqual([fds.get(3)?.target, ttyNr], [tty, 0]);
});

test("a Node daemon that opens a terminal without O_NOCTTY doesn't acquire it", { skip: needsPython }, async (t) => {
  const tracked = track(t);
  const tty = await freeTerminal(tracked);
  await assertAcquirable(tty);
  const { daemon } = await launchFixture(tracked, {}, { action: `open=${tty}` });
  await until("the daemon to have opened it", () => [...inspect(daemon.pid).fds.values()].some(({ target }) => target === tty));
  assert.equal(readStat(daemon.pid).ttyNr, 0);
});

test("a terminal as standard output is not acquired, not even by a session leader in the foreground", { skip: needsPython }, async (t) => {
  const tracked = track(t);
  const tty = await freeTerminal(tracked);
  await assertAcquirable(tty);
  const [file = "", ...args] = cliArgv(["daemonize", "--foreground", "--stdin", tty, "--stdout", tty, "--", "sleep", "1000"]);
  const leader = start(file, args, { stdio: "ignore" }).pid ?? 0;
  tracked.killSession(leader);
  const { sid, ttyNr, fds } = await atRest(leader);
  assert.deepEqual([sid, ttyNr, fds.get(0)?.target, fds.get(1)?.target], [leader, 0, tty, tty]);
});

/** A terminal that is no session's, as long as the test runs. */
async function freeTerminal(tracked: Tracked): Promise<string> {
  const holder = start("python3", ["-c", "import os, time; fds = os.openpty(); print(os.ttyname(fds[1]), flush=True); time.sleep(1000)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  tracked.killSession(holder.pid ?? 0);
  if (holder.stdout === null) throw new Error("python3 has no standard output");
  for await (const line of createInterface({ input: holder.stdout })) return line;
  throw new Error("python3 opened no terminal");
}

/** Shows that a session leader would get it. */
async function assertAcquirable(tty: string): Promise<void> {
  const { stdout } = await run("sh", ["-c", 'exec 3<>"$0"; exec cat /proc/self/stat', tty]);
  assert.notEqual(stdout.slice(stdout.lastIndexOf(")") + 2).split(" ")[4], "0");
}

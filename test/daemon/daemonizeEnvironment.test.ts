import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { readList } from "../support/process.ts";
import { cliArgv, run } from "../support/run.ts";
import { atRest } from "./atRest.ts";
import { setEnv } from "./datagrams.ts";

test("a program has the caller's environment, as it is by then", async (t) => {
  const tracked = track(t);
  setEnv(tracked, { ADDED: "later", PWD: undefined });
  const { environ } = await atRest(tracked.kill(await daemonize("sleep", ["1000"])));
  assert.deepEqual(
    environ.toSorted(),
    Object.entries(process.env)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  );
});

test("env sets variables and removes those that are undefined", async (t) => {
  const tracked = track(t);
  setEnv(tracked, { REMOVED: "1", REPLACED: "1" });
  const env = { REMOVED: undefined, REPLACED: "2", EMPTY: "", BYTES: Buffer.from([0xff, 0xfe, 0x3d, 0x0a]) };
  const { pid } = await atRest(tracked.kill(await daemonize("sleep", ["1000"], { env })));
  const set = readList(pid, "environ").filter((entry) => /^(REMOVED|REPLACED|EMPTY|BYTES)=/.test(entry.toString()));
  assert.deepEqual(set.map((entry) => entry.toString("latin1")).sort(), ["BYTES=\xff\xfe=\n", "EMPTY=", "REPLACED=2"]);
});

test("clearEnv leaves a default PATH and what is set", async (t) => {
  const daemon = await atRest(track(t).kill(await daemonize("sleep", ["1000"], { clearEnv: true, env: { ONLY: "this" } })));
  assert.deepEqual(daemon.environ, ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "ONLY=this"]);
});

test("an environment file sets variables byte for byte, and env wins over it", async (t) => {
  const tracked = track(t);
  const envFile = `${tracked.dir()}/env`;
  const lines = [
    "# comment",
    "",
    "PLAIN=a b",
    "  export SPACED = x ",
    `QUOTED=" y "`,
    "SINGLE='z'",
    "WON=file",
    "EMPTY=",
    "AGRAVE=\xc3\xa0",
    "BYTES=\xff\xa0\r",
  ];
  writeFileSync(envFile, Buffer.from(lines.join("\n"), "latin1"));
  const { pid } = await atRest(tracked.kill(await daemonize("sleep", ["1000"], { clearEnv: true, envFile, env: { WON: "env" } })));
  assert.deepEqual(
    readList(pid, "environ")
      .map((entry) => entry.toString("latin1"))
      .slice(1),
    ["PLAIN=a b", "SPACED=x", "QUOTED= y ", "SINGLE=z", "WON=env", "EMPTY=", "AGRAVE=\xc3\xa0", "BYTES=\xff\xa0"],
  );
});

test("a program is looked up in the PATH that it will have", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/own-program`, "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
  await assert.rejects(daemonize("own-program"), { step: "exec", code: "ENOENT", subject: "own-program" });
  await atRest(tracked.kill(await daemonize("own-program", [], { env: { PATH: `/nowhere:${dir}:/bin` } })));
});

test("variables that are not UTF-8 pass through the command byte for byte", async (t) => {
  const environ = await daemonOf(track(t), "export BYTES=$'\\xff\\xfe'");
  assert.ok(environ.includes("BYTES=\xff\xfe"));
});

test("passed sockets are the daemon's: LISTEN_PID is its pid after both forks; whom the caller reports to is not its business", async (t) => {
  const tracked = track(t);
  const manager =
    "NOTIFY_SOCKET=@nobody WATCHDOG_PID=$$ WATCHDOG_USEC=1000000 MAINPID=$$ SYSTEMD_EXEC_PID=1 LISTEN_FDS=2 LISTEN_FDNAMES=http:admin";
  const environ = await daemonOf(tracked, `exec 3</etc/hosts 4</etc/passwd 5</etc/group; export LISTEN_PID=$$ ${manager}`);
  const pid = Number(environ.find((entry) => entry.startsWith("LISTEN_PID="))?.slice(11));
  const { fds, cmdline } = await atRest(pid);
  assert.deepEqual(cmdline, ["sleep", "1000"]);
  assert.deepEqual(
    [3, 4, 5].map((fd) => fds.get(fd)?.target),
    ["/etc/hosts", "/etc/passwd", undefined],
  );
  const names = environ.map((entry) => entry.replace(/=.*/s, "")).filter((name) => /LISTEN|NOTIFY|WATCHDOG|MAINPID|SYSTEMD/.test(name));
  assert.deepEqual(names.sort(), ["LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID"]);
});

test("sockets that were passed to another process are neither kept nor mentioned", async (t) => {
  const environ = await daemonOf(track(t), "exec 3</etc/hosts; export LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=http");
  assert.deepEqual(
    environ.filter((entry) => entry.startsWith("LISTEN_")),
    [],
  );
});

test("with detach: false, the program is what the manager started: nothing is changed", async () => {
  const exports = "export NOTIFY_SOCKET=@nobody WATCHDOG_PID=$$ LISTEN_PID=$$ LISTEN_FDS=1; exec 3</etc/hosts";
  const program = 'echo "$$ $NOTIFY_SOCKET $WATCHDOG_PID $LISTEN_PID $LISTEN_FDS"; readlink /proc/$$/fd/3';
  const [file, ...args] = under(exports, ["--foreground", "--", "sh", "-c", program]);
  const { pid, stdout, stderr } = await run(file, args);
  assert.equal(stdout, `${pid} @nobody ${pid} ${pid} 1\n/etc/hosts\n`, stderr);
});

/** The environment of a sleep(1) that the command launches from a shell which has run a script, as latin1. */
async function daemonOf(tracked: Tracked, script: string): Promise<string[]> {
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const [file, ...args] = under(script, ["--pid-file", pidFile, "--", "sleep", "1000"]);
  const { code, stderr } = await run(file, args);
  assert.equal(code, 0, stderr);
  const { pid } = await atRest(Number(readFileSync(pidFile, "utf8")));
  return readList(pid, "environ").map((entry) => entry.toString("latin1"));
}

function under(script: string, flags: readonly string[]): [string, ...string[]] {
  return ["bash", "-c", `${script}; exec "$@"`, "bash", ...cliArgv(["daemonize", ...flags])];
}

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { until } from "../support/wait.ts";

test("systemd-notify(1) gets the receipt that it waits for after READY=1, so a script under `set -e` goes on.", {
  skip: needsProgram("systemd-notify"),
}, async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  for (const round of ["one", "two", "three", "four", "five"]) {
    const [after, log] = [join(directory, round), join(directory, `${round}.log`)];
    const script = `set -e; systemd-notify --ready; : > ${after}; exec sleep 1000`;
    const pid = await daemonize("sh", ["-c", script], { ready: "notify", stderr: log });
    tracked.kill(pid);
    await until(`${round}: the script went on`, () => existsSync(after));
  }
});

test("A daemon without children is ready at once: no receipt can be asked for.", { skip: needsProgram("python3") }, async (t) => {
  const tracked = track(t);
  const script = [
    "import os, socket, time",
    "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "s.sendto(b'READY=1', '\\0' + os.environ['NOTIFY_SOCKET'][1:])",
    "time.sleep(1000)",
  ].join("\n");
  const pid = await daemonize("python3", ["-c", script], { ready: "notify" });
  tracked.kill(pid);
  assert.ok(pid > 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { cliArgv } from "../support/run.ts";
import { needsPrivateDev, privateDev } from "./privateDev.ts";

test("Where /dev/null is missing, that is an error: nothing is started, and no file is made in its place.", {
  skip: needsPrivateDev,
}, async (t) => {
  const inside = privateDev(track(t).dir(), { devices: "zero urandom" });
  const command = cliArgv(["daemonize", "--", "touch", "/dev/touched"]);
  const { stdout, stderr } = await inside(["sh", "-c", '"$@"; echo "$?"; ls /dev', "sh", ...command]);
  assert.match(stderr, /^daemonitor: openAt \/dev\/null: No such file or directory \(ENOENT\)/);
  assert.equal(stdout, "73\nfd\nurandom\nzero\n");
});

test("A file in place of /dev/null is an error too, and stays empty.", { skip: needsPrivateDev }, async (t) => {
  const inside = privateDev(track(t).dir(), { devices: "zero urandom" });
  const command = cliArgv(["daemonize", "--", "sh", "-c", "echo overheard"]);
  const { stdout, stderr } = await inside(["sh", "-c", ': >/dev/null; "$@"; echo "$?"; wc -c </dev/null', "sh", ...command]);
  assert.match(stderr, /^daemonitor: openAt \/dev\/null: /);
  assert.equal(stdout, "73\n0\n");
});

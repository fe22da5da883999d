import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";

test("A launch that fails removes the empty log that it created, and the directory is as before.", async (t) => {
  const directory = track(t).dir();
  const [log, script] = [join(directory, "new.log"), join(directory, "script")];
  writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
  await assert.rejects(daemonize(script, [], { stdout: log, stderr: log }), /its interpreter \/no\/such\/interpreter is missing/);
  assert.equal(existsSync(log), false);
});

test("A log that was there stays, empty or not.", async (t) => {
  const log = join(track(t).dir(), "old.log");
  writeFileSync(log, "");
  await assert.rejects(daemonize("/etc/passwd", [], { stdout: log }), { step: "exec", code: "EACCES" });
  assert.equal(existsSync(log), true);
});

test("A log with last words in it stays.", async (t) => {
  const log = join(track(t).dir(), "new.log");
  await assert.rejects(daemonize("sh", ["-c", "echo no licence >&2; exit 3"], { stderr: log, ready: "notify" }), {
    code: "ERR_DAEMON_EXITED",
    lastWords: "no licence",
  });
  assert.equal(readFileSync(log, "utf8"), "no licence\n");
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { writeProgram } from "./createDaemonProgram.ts";

for (const mark of ["0,1", "1,2", "64,65", "nonsense", "-1,-1", ""]) {
  test(`A mark that is none of ours (${JSON.stringify(mark)}) makes no daemon, closes nothing and is removed.`, async (t) => {
    const program = writeProgram(track(t), 'console.log(isDaemon(), process.env.DAEMONITOR_HANDOFF); console.error("open");');
    const { code, stdout, stderr } = await run(node24, [program], { env: { ...process.env, DAEMONITOR_HANDOFF: mark } });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "false undefined\n", stderr: "open\n" });
  });
}

test("A daemon that fails after it was ready says so where it logs: nobody waits for its word any more.", async (t) => {
  const tracked = track(t);
  const log = join(tracked.dir(), "log");
  const program = writeProgram(
    tracked,
    `const daemon = createDaemon({ stderr: ${JSON.stringify(log)} });
    setTimeout(() => daemon.fail(new Error("the disk is gone"), 7), 50);`,
  );
  const { code } = await run(node24, [program]);
  assert.equal(code, 0);
  const said = await until("the daemon to say why", () => readFileSync(log, "utf8") || undefined);
  assert.equal(said, "ready: the disk is gone\n");
});

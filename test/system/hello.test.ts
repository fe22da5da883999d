import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { inspect } from "../support/process.ts";
import { node24, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { stopped } from "./daemons.ts";

test("The smallest example is a daemon with its files where it was started.", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const pidFile = tracked.killNamedIn(`${dir}/hello.pid`);
  const hello = () => run(node24, [join(root, "examples/hello.ts")], { cwd: dir });
  const { code, stdout, stderr } = await hello();
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  const pid = Number(readFileSync(pidFile, "utf8"));
  const { cwd, umask, ttyNr, fds } = inspect(pid);
  assert.deepEqual([cwd, umask, ttyNr, fds.get(0)?.target], ["/", 0o022, 0, "/dev/null"]);
  await until("a line with the time", () =>
    new RegExp(`^hello from daemon ${pid}\n\\d{4}-\\d\\d-\\d\\dT`).test(readFileSync(`${dir}/hello.log`, "utf8")),
  );
  assert.equal((await hello()).code, 75);
  await stopped({ pid, pidFile });
  assert.ok(!existsSync(pidFile));
});

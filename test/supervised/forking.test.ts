import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { naming } from "../fixtures/supervised2/servers.ts";
import { killTree } from "../support/killTree.ts";
import { findProgram, needsProgram } from "../support/needs.ts";
import { isAlive, readStat } from "../support/process.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const skip = needsProgram("perl");

/** As Redis and nginx do: its title goes over its arguments and its environment, and takes our mark with it. Its pid file comes late. */
const DAEMON = `
use POSIX ();
my ($file, $title, $wait) = @ARGV;
exit 0 if fork;
POSIX::setsid();
$0 = $title . " " x 8000;
select undef, undef, undef, $wait;
open my $to, ">", $file; print $to "$$\\n"; close $to;
sleep 1000;
`;

/** What hides from the home's own end is ended as well. */
async function titledHome(t: TestContext): Promise<Supervised> {
  const s = await supervised(t);
  s.tracked.defer(() => {
    for (const pid of naming(`titled ${s.dir}`)) process.kill(pid, "SIGKILL");
  });
  return s;
}

test("a daemon that writes over its mark, and tells its pid late, is found, killed, found again and stopped", { skip }, async (t) => {
  const s = await titledHome(t);
  const pidFile = join(s.dir, "titled.pid");
  const perl = findProgram("perl") ?? "";
  const command = [perl, "-e", DAEMON, pidFile, `titled ${s.dir}`, "1.2"];
  await s.apply({ titled: { command, type: "forking", pidFile, restart: { stable: "1ms" } } });
  const { pid, attempt } = await s.status("titled/0");
  assert.ok(pid !== null && readStat(pid).sid === pid);
  // Not by a second start.
  assert.equal(attempt, 1);
  process.kill(pid, "SIGKILL");
  const again = await until(
    "it to be back",
    async () => {
      const now = await s.status("titled/0");
      return now.state === "running" && now.pid !== pid && now;
    },
    { timeout: 30_000 },
  );
  assert.deepEqual([again.attempt, again.lastExit?.status], [2, { signal: "SIGKILL" }]);
  await killTree(s, "both");
  assert.equal((await s.status("titled/0")).pid, again.pid);
  await s.client.act({ selector: "titled", action: "stop" });
  assert.equal(isAlive(again.pid ?? 0), false);
});

test("a launcher whose supervisor dies just then has its daemon found by the next one", { skip }, async (t) => {
  const s = await titledHome(t);
  const pidFile = join(s.dir, "titled.pid");
  const perl = findProgram("perl") ?? "";
  await s.apply(
    {
      titled: { command: [perl, "-e", DAEMON, pidFile, `titled ${s.dir}`, "1"], type: "forking", pidFile },
    },
    { wait: 0 },
  );
  await killTree(s, "supervisor");
  const now = await until(
    "it to run",
    async () => {
      const now = await s.status("titled/0");
      return now.state === "running" && now;
    },
    { timeout: 30_000 },
  );
  // The first one, and no second one beside it.
  assert.deepEqual(naming(`titled ${s.dir}`), [now.pid]);
});

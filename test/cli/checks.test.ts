/** What `checks` and `alerts` show: pure, by what a supervisor answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alertLines, testLines } from "../../src/cli/alertsText.ts";
import { checkLines } from "../../src/cli/checksText.ts";
import type { Paint } from "../../src/cli/paint.ts";
import { EventLog } from "../../src/supervisor/eventLog.ts";
import { MemoryControl } from "../api/memoryControl.ts";
import { track } from "../support/cleanup.ts";

const same = (text: string) => text;
const paint: Paint = { bold: same, dim: same, red: same, state: () => same };
const NOW = 1_700_000_000_000;
const view = { now: NOW, paint };
const clock = (at: number) => new Date(at).toTimeString().slice(0, 8);

test("each check has a line with its values, its state and what it did; mistakes come last", (t) => {
  const control = memory(t);
  const [titles, web, disk, mistake] = checkLines(control.checks(), view);
  assert.match(titles ?? "", /^SUBJECT +CHECK +STATE +BAD +VALUES +LAST ACTION$/);
  assert.match(
    web ?? "",
    new RegExp(`^web/0 +memory above 1 MiB, 1 of 2 +firing since ${clock(NOW)} +1 of 2 \\(1\\) +0 B, 2 MiB +restarted at`),
  );
  assert.match(disk ?? "", /^\/ +read-only, 1 of 1 +because db/);
  assert.equal(mistake, "mistake: disk[1].fre: there is no such key");
  assert.match(checkLines({ checks: [], mistakes: [] }, view)[0] ?? "", /^nothing is checked/);
});

test("on a narrow terminal lines are cut, and a name does no harm", (t) => {
  const { checks } = memory(t).checks();
  const lines = checkLines(
    { checks: checks.map((one) => ({ ...one, subject: "\u001b[2Jx".repeat(20) })), mistakes: [] },
    { ...view, width: 80 },
  );
  assert.ok(
    lines.every((line) => line.length <= 80 && !line.includes("\u001b")),
    lines.join("\n"),
  );
});

test("each route tells what was sent, what waits and why; then what was told", (t) => {
  const lines = alertLines(memory(t).alerts(), view);
  assert.deepEqual(
    lines.map((line) => line.trim()),
    [
      `webhook example.com  1 sent, the last at ${clock(NOW)}, 1 waiting, 1 given up`,
      "failed: example.com: answered 503; tried again in 1 s",
      `waits since ${clock(NOW)}: web/0: memory above 1 MiB (2 times)`,
      "",
      "Told:",
      `${clock(NOW)}  failing  web/0: memory above 1 MiB: 2 MiB (2 times)`,
    ],
  );
  assert.match(alertLines({ routes: [], recent: [] }, view)[0] ?? "", /^there is no route/);
});

test("a test says what became of it on each route", async (t) => {
  const lines = testLines(await memory(t).testAlerts(), view);
  assert.deepEqual(lines, ["webhook example.com: failed after 12 ms: example.com: answered 503", "exec page: sent in 3 ms"]);
});

function memory(t: Parameters<typeof track>[0]): MemoryControl {
  const tracked = track(t);
  const events = EventLog.open(`${tracked.dir()}/events`, { report: () => {} });
  tracked.defer(() => events.close());
  return new MemoryControl(events, []);
}

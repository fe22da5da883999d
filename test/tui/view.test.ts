import assert from "node:assert/strict";
import { test } from "node:test";
import { wording } from "../../src/cli/monitor.ts";
import { gridOf } from "../../src/tui/grid.ts";
import { textOf } from "../../src/tui/line.ts";
import { extended, sparkline, type Trail } from "../../src/tui/trail.ts";
import { view } from "../../src/tui/view.ts";
import { wrap } from "../../src/tui/wrap.ts";
import { after, example, fileSystem, NOW, pressed, sample, screen, status, survey, usage } from "./examples.ts";

test("80 columns show what each instance uses", () => {
  const lines = screen(example());
  assert.equal(lines[0], "CPU 25% of 4        ▂  MEM 25% of 8.0G  LOAD 0.50  WAIT cpu 25% mem 0% io 0%");
  assert.equal(lines[1], "  NAME       STATE        CPU MEMORY RESTARTS         TREND  READ WRITE   UPTIME");
  assert.equal(lines[2], "▸ web/0      running      50%    10M        0             █     0     0   1h5min");
  assert.equal(lines[3], "  web/1      running      25%    30M        0             █  2.0K     0   1h5min");
  assert.equal(lines[4], "  db/0       running     150%    20M        7             █     0  5.0M   1h5min");
  assert.equal(lines[5], "  job/0      failed         -      -        0                   -     -        -");
  assert.match(lines[6] ?? "", /^─ log of web\/0 ─+$/);
});

const sizes = [
  [80, 24],
  [20, 5],
  [1, 1],
  [2, 2],
  [3, 3],
  [40, 10],
  [132, 43],
  [300, 100],
  [80, 1],
] as const;

for (const [columns, rows] of sizes) {
  test(`every view fits ${columns} columns and ${rows} rows`, () => {
    const model = after(example({ columns, rows }), {
      type: "sample",
      sample: sample([usage("web/0")], [fileSystem("/"), fileSystem("/var")]),
    });
    for (const keys of [[], ["?"], ["enter"], ["/", "w"], ["r"], ["tab"], ["tab", "tab"], ["o"], ["/", "nothing"]]) {
      const lines = view(pressed(model, ...keys), wording);
      assert.equal(lines.length, rows);
      assert.equal(gridOf(lines, { columns, rows }, { wording, unicode: true }).characters.length, columns * rows);
    }
  });
}

test("log and events are beside each other on a wide screen, above each other on a high one, else one at a time", () => {
  const titles = (columns: number, rows: number) =>
    screen(example({ columns, rows })).filter((line) => line.includes("log of web/0") || line.includes("events of web/0"));
  assert.equal(titles(120, 24).length, 1);
  assert.match(titles(120, 24)[0] ?? "", /log of web\/0 .*events of web\/0/);
  assert.equal(titles(80, 24).length, 2);
  assert.equal(titles(80, 14).length, 1);
  assert.match(screen(pressed(example({ columns: 80, rows: 14 }), "tab", "tab")).join("\n"), /▸ events of web\/0/);
  assert.equal(titles(80, 8).length, 0);
});

test("the selected instance is always on the screen", () => {
  const many = Array.from({ length: 500 }, (_, number) => status(`s${number}/0`));
  const model = after(example(), { type: "survey", survey: survey(...many) });
  for (const keys of [["end"], ["pagedown"], ["pagedown", "pagedown", "up"], ["end", "pageup"]]) {
    const there = pressed(model, ...keys);
    assert.ok(
      screen(there).some((line) => line.startsWith(`▸ ${there.selected} `)),
      keys.join(" "),
    );
  }
  assert.match(screen(pressed(model, "end"))[1] ?? "", /of 500$/);
});

test("file systems: those that are full first come first, with the forecast", () => {
  const hour = 3_600_000;
  const forecast = { rate: 1, fullAt: NOW + 3 * hour + hour / 3, confidence: "medium" } as const;
  const fileSystems = [
    fileSystem("/"),
    fileSystem("/home", { available: 2 ** 30 }),
    fileSystem("/var", { forecast, deletedButOpen: [{ instance: "web/0", pid: 1, path: "/var/x", size: 2 ** 20 }] }),
  ];
  const lines = screen(after(example(), { type: "sample", sample: sample([], fileSystems) }));
  assert.equal(lines[1], "/var  █████░░░░░  50% of 100G, 50G free, full in 3h20min (medium confidence), 1.0M in deleted files");
  assert.equal(lines[2], "/home ██████████  99% of 100G, 1.0G free  (1 more)");
});

test("the question names the service, and how many instances there are", () => {
  assert.equal(screen(pressed(example(), "r")).at(-1), "restart web (2 instances)? y/n, i: only web/0");
  assert.equal(screen(pressed(example(), "end", "x")).at(-1), "stop job (1 instance)? y/n");
});

test("hostile and wide text keeps its place", () => {
  const name = "日本\u001b[2J\u0007\u202e/0";
  const model = after(
    example(),
    { type: "survey", survey: survey(status(name)) },
    { type: "log", instance: name, lines: ["\u001b]0;title\u0007\u009b5mx\ty"], note: null },
  );
  const text = view(model, wording).map(textOf).join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  assert.ok(screen(model).some((line) => /^▸ 日本.*running/.test(line)));
});

test("a trail has the highest value of each 5 s, and is drawn from the right", () => {
  const trail = [0, 1000, 6000, 20_000].reduce<Trail>((before, at, index) => extended(before, at, [0.5, 0.2, 1, 0][index] ?? null), []);
  assert.deepEqual(trail, [
    [0, 0.5],
    [1, 1],
    [4, 0],
  ]);
  assert.equal(sparkline(trail, 24_000, 6, 0.1), " ▄█  ▁");
  assert.equal(sparkline([[4, 0.01]], 24_000, 2, 0.1), " ▁");
  assert.equal(extended(trail, 25_000, null), trail);
});

test("history goes before what was seen", () => {
  const series = [{ name: "web/0", at: [NOW - 10_000, NOW - 5000, NOW], values: { cpu: [1, null, 1] } }];
  const model = after(example(), { type: "history", series });
  assert.deepEqual(
    model.trails.get("web/0")?.map(([, value]) => value),
    [1, 0.5],
  );
});

test("long lines go on below, as far from the left", () => {
  assert.deepEqual(wrap("  command  node server.js --port 80", 20, wording), ["  command  node", "    server.js --port", "    80"]);
  assert.deepEqual(wrap("日本語日本語", 5, wording), ["日本", " 語日", " 本語"]);
  assert.deepEqual(wrap("", 5, wording), [""]);
});

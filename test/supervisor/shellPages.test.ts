import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrittenMappings } from "../../src/supervisor/shell/programPages.ts";
import { node24, run } from "../support/run.ts";

const COUNTS = { Rss: 8, Private_Dirty: 0, Anonymous: 0, Swap: 0 };

function mapping(head: string, counts: Partial<typeof COUNTS> = {}): string {
  const numbers = Object.entries({ ...COUNTS, ...counts }).map(
    ([key, count]) => `${`${key}:`.padEnd(16)}${String(count).padStart(8)} kB\n`,
  );
  return `${head}\n${numbers.join("")}VmFlags: rd mr mw me\n`;
}

test("mappings are given up that are of files, read-only, and as they are there", () => {
  const smaps = [
    mapping("55b523a8c000-55b523a8e000 r--p 00000000 fe:00 260386                     /usr/bin/node"),
    mapping("55b523a8e000-55b523a94000 r-xp 00002000 fe:00 260386                     /usr/bin/a node"),
    // What the dynamic linker has changed, and then made read-only.
    mapping("55b523a94000-55b523a95000 r--p 00008000 fe:00 260386                     /usr/bin/node", { Anonymous: 4 }),
    mapping("55b523a95000-55b523a96000 r--p 00008000 fe:00 260386                     /usr/bin/node", { Swap: 4 }),
    mapping("55b523a96000-55b523a97000 r-xp 00008000 fe:00 260386                     /usr/bin/node", { Private_Dirty: 4 }),
    mapping("55b523a97000-55b523a98000 rw-p 00008000 fe:00 260386                     /usr/bin/node"),
    mapping("7f0000000000-7f0000001000 r--s 00000000 fe:00 77                         /var/shared"),
    mapping("7f0000002000-7f0000003000 r-xp 00000000 00:00 0"),
    mapping("7ffd2a5e6000-7ffd2a5e8000 r-xp 00000000 00:00 0                          [vdso]"),
  ].join("");
  assert.deepEqual(unwrittenMappings(smaps), [
    { begin: 0x55b523a8c000, end: 0x55b523a8e000 },
    { begin: 0x55b523a8e000, end: 0x55b523a94000 },
  ]);
});

test("a program that gives up its pages is smaller, and goes on", async () => {
  const code = `
    import { createHash } from "node:crypto";
    import { forgetProgramPages } from "${import.meta.dirname}/../../src/supervisor/shell/programPages.ts";
    const work = () => createHash("sha256").update(JSON.stringify([1, "é".normalize("NFD"), new Intl.DateTimeFormat("de").format(0)])).digest("hex");
    const before = [process.memoryUsage.rss(), work()];
    forgetProgramPages();
    const after = process.memoryUsage.rss();
    console.log(JSON.stringify({ given: before[0] - after, same: work() === before[1] }));`;
  const { stdout, stderr, code: status } = await run(node24, ["--input-type=module", "--eval", code]);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const { given, same } = JSON.parse(stdout);
  assert.ok(given > 5_000_000, stdout);
  assert.equal(same, true);
});

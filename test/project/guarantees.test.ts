import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../support/run.ts";

const rows = readFileSync(join(root, "docs/guarantees.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\|[\s|:-]+\|$/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  )
  .filter(([first]) => first !== "promise");

test("docs/guarantees.md has rows of promise, status and test", () => {
  assert.ok(rows.length > 0);
  const wrong = rows.filter(([, status = ""]) => !["Proven", "Observed", "Pending"].includes(status));
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    rows.filter((row) => row.length !== 3),
    [],
  );
});

test("every promise that isn't pending names a test that exists", () => {
  const problems = rows.flatMap(([promise = "", status, cell = ""]) => {
    if (status === "Pending") return [];
    const tests = cell.split(/<br\s*\/?>/);
    return tests.flatMap((text) => problemWith(text.trim()) ?? []).map((problem) => `${promise}: ${problem}`);
  });
  assert.deepEqual(problems, []);
});

/** `text` is `[test/x.test.ts](../test/x.test.ts) › title`. */
function problemWith(text: string): string | undefined {
  const [, path, link, title] = /^\[(test\/[^\]]+)\]\(\.\.\/([^)]+)\) › (.+)$/.exec(text) ?? [];
  if (path === undefined || title === undefined) return `"${text}" is not "[test/…](../test/…) › title"`;
  if (path !== link) return `${path} links to ${link}`;
  if (!existsSync(join(root, path))) return `${path} doesn't exist`;
  const code = readFileSync(join(root, path), "utf8").replaceAll(/\\(["'`])/g, "$1");
  const found = ['"', "'", "`"].some((quote) => code.includes(`${quote}${title}${quote}`));
  return found ? undefined : `${path} has no test "${title}"`;
}

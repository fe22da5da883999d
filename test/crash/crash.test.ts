import assert from "node:assert/strict";
import { test } from "node:test";
import { crashRun } from "./crashRun.ts";
import { VICTIMS } from "./executioner.ts";
import { needsCompiler } from "./programs.ts";
import { summaryLines } from "./report.ts";

for (const victim of VICTIMS) {
  const who = victim === "both" ? "init and the supervisor are" : `${victim === "init" ? "init" : "the supervisor"} is`;
  test(`${who} killed under churn: nothing is lost, nothing runs twice`, { skip: needsCompiler(), timeout: 180_000 }, async (t) => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const ending = new AbortController();
    t.signal.addEventListener("abort", () => ending.abort());
    const result = await crashRun({ seed, victim, rounds: 3, services: 20, signal: ending.signal });
    assert.deepEqual(result.problems, [], summaryLines(victim, seed, result).join("\n"));
    assert.equal(result.rounds.length, 3);
    assert.ok(result.exits.known > 0 && result.lines > 0 && result.commands > 0, "there was no churn");
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAccount } from "../../src/values/account.ts";
import { parseEnvFile } from "../../src/values/envFile.ts";
import { parseIoPriority } from "../../src/values/ioPriority.ts";
import { ValueError } from "../../src/values/valueError.ts";

test("an account is a name, or a number", () => {
  assert.deepEqual(["www-data", "0", 33, "4294967294"].map(parseAccount), ["www-data", 0, 33, 4294967294]);
  for (const value of ["", "-x", "a b", "a:b", "a/b", "a\n", 1.5, -1, 4294967295, "4294967295", null]) {
    assert.throws(() => parseAccount(value), ValueError, String(value));
  }
});

test("an I/O priority has its level", () => {
  assert.deepEqual(["idle", "best-effort", "realtime:0"].map(parseIoPriority), ["idle", "best-effort:4", "realtime:0"]);
  for (const value of ["", "idle:1", "best-effort:8", "BE", 3, null]) assert.throws(() => parseIoPriority(value), ValueError);
});

test("a file of variables is read line by line", () => {
  const { variables, wrongLines } = parseEnvFile("\uFEFF# c\n\nA=1\r\n export B = 'x y' \nC=\"q\nD=\nnonsense\n=x\n1A=x\nE=a=b#c\n");
  assert.deepEqual(variables, [
    ["A", "1"],
    ["B", "x y"],
    ["C", '"q'],
    ["D", ""],
    ["E", "a=b#c"],
  ]);
  assert.deepEqual(wrongLines, [7, 8, 9]);
});

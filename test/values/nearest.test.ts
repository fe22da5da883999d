import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../src/values/nearest.ts";

const options = ["cwd", "umask", "stdin", "stdout", "stderr", "pidFile", "keepFds", "readyTimeout", "ready", "user", "group", "groups"];

const cases: readonly (readonly [string, string | undefined])[] = [
  ["pidfile", "pidFile"],
  ["pid-file", "pidFile"],
  ["PID_FILE", "pidFile"],
  ["umaks", "umask"],
  ["cdw", "cwd"],
  ["stdou", "stdout"],
  ["std-err", "stderr"],
  ["readyTime", "readyTimeout"],
  ["keep", "keepFds"],
  ["users", "user"],
  ["group", "group"],
  ["workingDirectory", undefined],
  ["zzz", undefined],
  ["x", undefined],
  ["", undefined],
];

for (const [word, expected] of cases) {
  test(`${JSON.stringify(word)} means ${expected ?? "nothing that is known"}`, () => {
    assert.equal(nearest(word, options), expected);
  });
}

test("letters that changed places are near in short words too", () => {
  assert.equal(nearest("--hepl", ["--help", "--version"]), "--help");
});

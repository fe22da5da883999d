import assert from "node:assert/strict";
import { test } from "node:test";
import { DaemonError, errnoName } from "../../src/launch/errors.ts";

test("an errno has its name, also where libuv has none for it", () => {
  const names = [2, 11, 10, 122, 131].map(errnoName);
  assert.deepEqual(names, ["ENOENT", "EAGAIN", "ECHILD", "EDQUOT", "ENOTRECOVERABLE"]);
  assert.equal(errnoName(4000), "E4000");
});

test("an error is one line: what failed, on what, why, what to do", () => {
  const error = DaemonError.fromErrno("chdir", 2, "/srv/hello", "create it");
  assert.equal(error.message, "chdir /srv/hello: No such file or directory (ENOENT); create it");
  assert.deepEqual([error.step, error.subject, error.code, error.errno, error.exitCode], ["chdir", "/srv/hello", "ENOENT", 2, 78]);
});

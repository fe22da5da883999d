import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { run } from "../support/run.ts";
import { ask, type ServedOptions, served } from "./apiFixture.ts";

const skip = needsAll(needsRoot, needsProgram("setpriv"), needsProgram("curl"));

/** A socket that every user may connect to. */
async function open(t: TestContext, options: ServedOptions) {
  const all = await served(t, options);
  chmodSync(all.socket, 0o666);
  return all;
}

/** Asks as another user. Not by Node: that user may not be allowed to read where it is. */
function askAs(uid: number, socket: string, ...more: readonly string[]) {
  const user = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return run("setpriv", [...user, "curl", "--silent", "--include", "--unix-socket", socket, ...more], { timeout: 30_000 });
}

test("another user is refused, though it can connect; the owner and root are answered", { skip }, async (t) => {
  const { socket, control, mistakes } = await open(t, { owner: 4711 });
  const other = await askAs(4712, socket, "http://localhost/v1");
  assert.match(
    other.stdout,
    /^HTTP\/1\.1 403 [\s\S]*"code":"ERR_NOT_ALLOWED","message":"this supervisor belongs to the user with uid 4711"/,
  );
  assert.match(other.stdout, /connection: close/i);
  const acting = await askAs(4712, socket, "-X", "POST", "--data", " ".repeat(100_000), "http://localhost/v1/shutdown");
  assert.match(acting.stdout, /^HTTP\/1\.1 403 /);
  assert.match((await askAs(4711, socket, "http://localhost/v1")).stdout, /^HTTP\/1\.1 200 /);
  assert.equal((await ask(socket, "GET", "/v1")).status, 200);
  assert.deepEqual([control.requests, mistakes], [[], []]);
});

test("a user without an account is named by its number", { skip }, async (t) => {
  const { socket, control } = await open(t, { owner: 4711 });
  const { stdout } = await askAs(4711, socket, "-X", "POST", "http://localhost/v1/services/web/stop");
  assert.match(stdout, /^HTTP\/1\.1 200 /);
  assert.equal(control.requests[0]?.by, "uid 4711");
});

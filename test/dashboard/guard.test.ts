import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { refuseForeign, refuseHost } from "../../src/dashboard/guard.ts";
import { SESSION, Sessions } from "../../src/dashboard/session.ts";
import { readToken } from "../../src/dashboard/token.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { track } from "../support/cleanup.ts";

test("addresses, localhost and allowed names are answered; other names are not", () => {
  const allowed = new Set(["status.example.org"]);
  for (const host of ["127.0.0.1:9977", "localhost:9977", "localhost", "[::1]:9977", "192.0.2.7:80", "STATUS.example.org"]) {
    assert.equal(refuseHost(host, allowed), undefined, host);
  }
  for (const host of [
    undefined,
    "",
    "evil.example:9977",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "a b",
    "status.example.org.",
    "[::1",
  ]) {
    assert.equal(refuseHost(host, allowed)?.status, 421, String(host));
  }
});

test("only the page itself can change something", () => {
  const own = { host: "127.0.0.1:9977", origin: "http://127.0.0.1:9977", "x-daemonitor-dashboard": "1" };
  assert.equal(refuseForeign(own), undefined);
  assert.equal(refuseForeign({ ...own, "sec-fetch-site": "same-origin" }), undefined);
  for (const wrong of [
    { origin: "http://evil.example" },
    { origin: "http://127.0.0.1:8080" },
    { origin: "null" },
    { origin: undefined },
    { "x-daemonitor-dashboard": undefined },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ]) {
    assert.equal(refuseForeign({ ...own, ...wrong })?.status, 403, JSON.stringify(wrong));
  }
});

test("a session is good until it is over, and only with its signature", () => {
  const sessions = new Sessions("a-token-of-some-length", 9977);
  assert.ok(sessions.isToken("a-token-of-some-length"));
  assert.ok(!sessions.isToken("a-token-of-some-lengtH"));
  assert.ok(!sessions.isToken(""));
  const now = 1_700_000_000_000;
  const [pair = ""] = sessions.cookie(now).split(";");
  assert.ok(sessions.isSession(`other=1; ${pair}`, now));
  assert.ok(sessions.isSession(pair, now + SESSION - 1));
  assert.ok(!sessions.isSession(pair, now + SESSION));
  const later = pair.replace(/=\d+/, `=${now + 2 * SESSION}`);
  for (const wrong of [undefined, "", "daemonitor_9977=", `${pair}x`, later, pair.replace("9977", "9978")])
    assert.ok(!sessions.isSession(wrong, now), wrong);
  assert.match(sessions.cookie(now, true), /; Secure$/);
  assert.ok(!new Sessions("another-token-of-some-length", 9977).isSession(pair, now));
});

test("a token is made once, for its owner only", (t) => {
  const path = join(track(t).dir(), "token");
  const token = readToken(path);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readToken(path), token);
  assert.equal(readFileSync(path, "utf8"), `${token}\n`);
});

test("a token that others could know is refused", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "token");
  readToken(path);
  chmodSync(path, 0o644);
  assert.throws(
    () => readToken(path),
    (error) => error instanceof DaemonError && /read or written by others/.test(error.message),
  );
  symlinkSync("token", join(dir, "link"));
  assert.throws(
    () => readToken(join(dir, "link")),
    (error) => error instanceof DaemonError && error.code === "ELOOP",
  );
  writeFileSync(join(dir, "short"), "secret\n", { mode: 0o600 });
  assert.throws(() => readToken(join(dir, "short")), /holds no token/);
  assert.throws(
    () => readToken(join(dir, "missing/token")),
    (error) => error instanceof DaemonError && error.code === "ENOENT",
  );
});

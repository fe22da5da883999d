import assert from "node:assert/strict";
import { test } from "node:test";
import { collide, formatSocketAddress, isLoopback, parseHostPort, parseSocketAddress } from "../../src/values/address.ts";
import { ValueError } from "../../src/values/valueError.ts";

test("a port alone is on this machine", () => {
  assert.deepEqual(parseHostPort(80), { host: "127.0.0.1", port: 80 });
  assert.deepEqual(parseHostPort("80"), { host: "127.0.0.1", port: 80 });
});

test("an address is read and written", () => {
  for (const text of ["tcp://127.0.0.1:80", "tcp://[::1]:80", "udp://0.0.0.0:53", "tcp://localhost:8080", "unix:///run/a b.sock"]) {
    assert.equal(formatSocketAddress(parseSocketAddress(text)), text);
  }
});

for (const value of [
  0,
  65536,
  -1,
  1.5,
  "",
  "x",
  "80x",
  "a b:80",
  "::1:80",
  "[::1:80",
  "[1.2.3.4]:80",
  "1.2.3:80",
  "999.1.1.1:80",
  ":80",
  null,
  {},
]) {
  test(`${JSON.stringify(value)} is no port`, () => assert.throws(() => parseHostPort(value), ValueError));
}

for (const value of [
  "80",
  "tcp://",
  "tcp://80",
  "tcp://x",
  "http://x:80",
  "unix://x",
  "unix:///x/",
  `unix:///${"x".repeat(107)}`,
  80,
  null,
]) {
  test(`${JSON.stringify(value).slice(0, 30)} is no address of a socket`, () => assert.throws(() => parseSocketAddress(value), ValueError));
}

test("a path of 107 bytes fits", () => {
  assert.equal(parseSocketAddress(`unix:///${"x".repeat(106)}`).kind, "unix");
});

test("addresses collide when the second bind would fail", () => {
  const both = (one: string, other: string) => collide(parseSocketAddress(one), parseSocketAddress(other));
  assert.ok(both("tcp://0.0.0.0:80", "tcp://[::]:80"));
  assert.ok(both("tcp://LOCALHOST:80", "tcp://localhost:80"));
  assert.ok(!both("tcp://127.0.0.1:80", "tcp://127.0.0.1:81"));
  assert.ok(!both("unix:///a", "unix:///b"));
  assert.ok(!both("unix:///a", "tcp://127.0.0.1:80"));
});

test("what only this machine can reach is told from the rest", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "127.evil.example", "localhost.example"]) assert.ok(!isLoopback(host), host);
});

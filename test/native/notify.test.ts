import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { isSystemError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { closing, openDescriptors } from "./closing.ts";

test("a datagram carries the pid and uid of its sender, and an empty one is one", (t) => {
  const { fd, address } = native().notifySocket();
  closing(track(t), fd);
  assert.match(address, /^@[0-9a-f]{5}$/);
  assert.equal(native().receiveNotify(fd), null);
  native().sendDatagram(address, Buffer.from("READY=1"), []);
  native().sendDatagram(address, new Uint8Array(0), []);
  const message = native().receiveNotify(fd);
  assert.deepEqual([Buffer.from(message?.data ?? []).toString(), message?.pid, message?.uid], ["READY=1", process.pid, process.getuid?.()]);
  assert.equal(native().receiveNotify(fd)?.data.length, 0);
  assert.equal(native().receiveNotify(fd), null);
});

test("an address that is free can be had again; one that is taken, or that isn't abstract, can't", (t) => {
  const first = native().notifySocket();
  const { address } = first;
  assert.throws(
    () => native().notifySocket(address),
    (error) => isSystemError(error) && error.errno === constants.errno.EADDRINUSE && error.syscall === "bind",
  );
  closeSync(first.fd);
  const again = native().notifySocket(address);
  closing(track(t), again.fd);
  assert.equal(again.address, address);
  native().sendDatagram(address, Buffer.from("READY=1"), []);
  assert.equal(native().receiveNotify(again.fd)?.pid, process.pid);
  const longest = `@${"x".repeat(106)}`;
  const long = native().notifySocket(longest);
  closing(track(t), long.fd);
  assert.equal(long.address, longest);
  const cases: [string, number][] = [
    ["", constants.errno.EINVAL],
    ["@", constants.errno.EINVAL],
    ["/run/x", constants.errno.EINVAL],
    [`@${"x".repeat(108)}`, constants.errno.ENAMETOOLONG],
  ];
  for (const [wrong, errno] of cases)
    assert.throws(
      () => native().notifySocket(wrong),
      (error) => isSystemError(error) && error.errno === errno,
      wrong,
    );
});

test("descriptors that come along are closed by the receiver", (t) => {
  const { fd, address } = native().notifySocket();
  closing(track(t), fd);
  const before = openDescriptors();
  for (const count of [1, 2, 253]) {
    native().sendDatagram(
      address,
      Buffer.from("FDSTORE=1"),
      Array.from({ length: count }, () => 0),
    );
    const message = native().receiveNotify(fd);
    assert.equal(message?.pid, process.pid);
  }
  assert.equal(openDescriptors(), before);
});

test("an address that nobody has, or that is none, is an error of sendmsg", () => {
  const { fd, address } = native().notifySocket();
  closeSync(fd);
  const cases: [string, number][] = [
    [address, constants.errno.ECONNREFUSED],
    ["/missing/socket", constants.errno.ENOENT],
    ["relative", constants.errno.EINVAL],
    ["@", constants.errno.EINVAL],
    ["", constants.errno.EINVAL],
    [`/${"x".repeat(108)}`, constants.errno.ENAMETOOLONG],
  ];
  for (const [target, errno] of cases) {
    assert.throws(
      () => native().sendDatagram(target, Buffer.from("x"), []),
      (error) => isSystemError(error) && error.errno === errno && error.syscall === "sendmsg",
      target,
    );
  }
});

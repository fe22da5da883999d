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

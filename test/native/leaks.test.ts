import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import { openDescriptors } from "./closing.ts";

test("a thousand calls of everything leave no descriptor open", () => {
  const round = () => {
    const { fd, address } = native().notifySocket();
    const [one, two] = native().socketPair();
    const pidfd = native().openPidfd(process.pid);
    const fds = [fd, one, two, pidfd, ...native().pipe(), native().memoryFile("leak")];
    native().sendDatagram(address, Buffer.from("x"), [one, two]);
    native().receiveNotify(fd);
    native().send(one, Buffer.from("x"));
    native().receive(two, true);
    native().signalPidfd(pidfd, 0);
    native().exitStatusOf(pidfd);
    native().user(0);
    assert.throws(() => native().sendDatagram("/missing/socket", Buffer.from("x"), []));
    assert.throws(() => native().sendDatagram(address, Buffer.from("x"), [987_654]));
    assert.throws(() => native().runPlan(new Uint8Array(64)), RangeError);
    for (const open of fds) closeSync(open);
  };
  round();
  const before = openDescriptors();
  for (let count = 0; count < 1000; count++) round();
  assert.equal(openDescriptors(), before);
});

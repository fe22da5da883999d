import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { isSystemError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { closing } from "./closing.ts";

const { EBADF } = constants.errno;
const bytes = (text: string) => Buffer.from(text);
const isCloseOnExec = (fd: number) =>
  (Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "", 8) & 0o2000000) !== 0;

test("a lock that another open file holds is refused, and free again when that unlocks", (t) => {
  const tracked = track(t);
  const path = `${tracked.dir()}/lock`;
  const [one, two] = [openSync(path, "w"), openSync(path, "r")];
  closing(tracked, one, two);
  assert.equal(native().flock(one, "exclusive"), true);
  assert.equal(native().flock(two, "exclusive"), false);
  assert.equal(native().flock(two, "shared"), false);
  assert.equal(native().flock(one, "unlock"), true);
  assert.equal(native().flock(two, "shared"), true);
  assert.equal(native().flock(one, "shared"), true);
});

test("copies are close-on-exec, from the asked number on; duplicateTo makes one that is not", (t) => {
  const tracked = track(t);
  const fd = openSync("/dev/null", "r");
  const copy = native().duplicate(fd, 300);
  const target = native().duplicate(fd, 400);
  closing(tracked, fd, copy, target);
  assert.ok(copy >= 300 && target >= 400);
  assert.equal(isCloseOnExec(copy), true);
  native().duplicateTo(copy, target);
  assert.equal(isCloseOnExec(target), false);
  native().duplicateTo(copy, copy);
  assert.equal(isCloseOnExec(copy), false);
  native().setCloseOnExec(copy, true);
  assert.equal(isCloseOnExec(copy), true);
  native().setCloseOnExec(copy, false);
  assert.equal(isCloseOnExec(copy), false);
});

test("memory files, pipes and socket pairs are close-on-exec and what they are called", (t) => {
  const tracked = track(t);
  const file = native().memoryFile("state");
  const pipe = native().pipe();
  const pair = native().socketPair();
  closing(tracked, file, ...pipe, ...pair);
  assert.match(readlinkSync(`/proc/self/fd/${file}`), /^\/memfd:state/);
  for (const fd of pipe) assert.match(readlinkSync(`/proc/self/fd/${fd}`), /^pipe:/);
  for (const fd of pair) assert.match(readlinkSync(`/proc/self/fd/${fd}`), /^socket:/);
  for (const fd of [file, ...pipe, ...pair]) assert.equal(isCloseOnExec(fd), true);
  writeSync(pipe[1], "x");
  assert.deepEqual(native().poll([pipe[0]], 10_000), [0]);
});

test("packets keep their limits, and the end of file is an empty one", (t) => {
  const tracked = track(t);
  const [one, two] = native().socketPair();
  closing(tracked, two);
  assert.equal(native().receive(two, false), null);
  native().send(one, bytes("first"));
  native().send(one, Buffer.alloc(100_000, 7));
  assert.deepEqual(Buffer.from(native().receive(two, true) ?? []), bytes("first"));
  assert.deepEqual(Buffer.from(native().receive(two, false) ?? []), Buffer.alloc(100_000, 7));
  closeSync(one);
  assert.equal(native().receive(two, true)?.length, 0);
});

test("a peer that ended with unread packets is an end of file after its own packets", (t) => {
  const tracked = track(t);
  const [one, two] = native().socketPair();
  closing(tracked, two);
  native().send(two, bytes("never read"));
  native().send(one, bytes("last words"));
  closeSync(one);
  assert.deepEqual(Buffer.from(native().receive(two, true) ?? []), bytes("last words"));
  assert.equal(native().receive(two, true)?.length, 0);
});

test("sending to a closed peer is EPIPE and no signal", (t) => {
  const tracked = track(t);
  const [one, two] = native().socketPair();
  closing(tracked, one);
  closeSync(two);
  assert.throws(
    () => native().send(one, bytes("x")),
    (error) => isSystemError(error) && error.errno === constants.errno.EPIPE && error.syscall === "send",
  );
});

test("poll tells which are ready, and ends in time where none is", (t) => {
  const tracked = track(t);
  const [quiet, loud, ended] = [native().pipe(), native().pipe(), native().pipe()];
  closing(tracked, ...quiet, ...loud, ended[0]);
  writeSync(loud[1], "x");
  closeSync(ended[1]);
  assert.deepEqual(native().poll([quiet[0], loud[0], ended[0]], -1), [1, 2]);
  assert.deepEqual(native().poll([quiet[0]], 1.5), []);
  assert.deepEqual(native().poll([], 0), []);
});

test("every call on a closed descriptor throws errno, system call and strerror", () => {
  const closed = 987_654;
  const calls: Record<string, () => unknown> = {
    flock: () => native().flock(closed, "exclusive"),
    fcntl: () => native().duplicate(closed, 0),
    dup2: () => native().duplicateTo(closed, closed + 1),
    send: () => native().send(closed, bytes("x")),
    recv: () => native().receive(closed, true),
    poll: () => native().poll([closed], 0),
    pidfd_send_signal: () => native().signalPidfd(closed, 0),
    ioctl: () => native().exitStatusOf(closed),
    recvmsg: () => native().receiveNotify(closed),
  };
  for (const [syscall, call] of Object.entries(calls)) {
    const expected = { errno: EBADF, syscall, message: "Bad file descriptor" };
    assert.throws(
      call,
      (error) => isSystemError(error) && Object.entries(expected).every(([key, value]) => Reflect.get(error, key) === value),
      syscall,
    );
  }
});

import assert from "node:assert/strict";
import { closeSync, fstatSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import { boundSockets, hostOf } from "../../src/supervisor/sockets/boundSockets.ts";
import { openSocket } from "../../src/supervisor/sockets/serviceSockets.ts";
import { takeSocket } from "../../src/supervisor/sockets/takeSocket.ts";
import { readIdentity } from "../../src/supervisor/tree/identity.ts";
import type { SocketAddress } from "../../src/values/address.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { node24, root, run } from "../support/run.ts";

const self = () => readIdentity(process.pid) ?? assert.fail("this process is not in /proc");

function addresses(dir: string, port: number): readonly SocketAddress[] {
  return [
    { kind: "tcp", host: "127.0.0.1", port },
    { kind: "tcp", host: "::1", port },
    { kind: "udp", host: "127.0.0.1", port },
    { kind: "unix", path: join(dir, "a socket") },
  ];
}

test("a socket is found by its address among all that are bound, and by none that is nearly the same", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  for (const address of addresses(dir, port)) {
    assert.deepEqual(await boundSockets(address), []);
    const fd = await openSocket(address);
    const inode = String(fstatSync(fd).ino);
    assert.deepEqual(await boundSockets(address), [inode]);
    if (address.kind !== "unix")
      assert.deepEqual(await boundSockets({ ...address, host: address.host === "::1" ? "::" : "127.0.0.2" }), []);
    const taken = await takeSocket(self(), address);
    assert.ok(taken !== undefined && taken !== fd);
    assert.equal(String(fstatSync(taken).ino), inode);
    closeSync(taken);
    assert.equal(await takeSocket({ ...self(), startTime: 1 }, address), undefined);
    closeSync(fd);
  }
});

test("addresses as /proc/net has them", () => {
  assert.equal(hostOf("0100007F"), "127.0.0.1");
  assert.equal(hostOf("00000000"), "0.0.0.0");
  assert.equal(hostOf("00000000000000000000000000000000"), "::");
  assert.equal(hostOf("B80D01200000000067452301EFCDAB89"), "2001:db8::123:4567:89ab:cdef");
});

test("where the kernel doesn't permit it, the error says so", { skip: needsRoot }, async (t) => {
  const dir = track(t).dir();
  const path = join(dir, "s");
  const fd = native().listenUnix(path, 0o666, 1);
  t.after(() => closeSync(fd));
  const script = `
    import { takeSocket } from "${root}/src/supervisor/sockets/takeSocket.ts";
    const identity = JSON.parse(process.argv[1]);
    takeSocket(identity, { kind: "unix", path: process.argv[2] }).then(() => process.exit(9), ({ code, message }) => console.log(code, message));`;
  const args = ["--input-type=module", "-e", script, JSON.stringify(self()), path];
  const { stdout, stderr } = await run(node24, args, { uid: 65534, gid: 65534, cwd: "/" });
  assert.match(stdout, new RegExp(`^(EACCES|EPERM) take socket unix://${path} from process ${process.pid}: `), stderr);
});

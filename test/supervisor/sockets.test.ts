import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DaemonError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { inodesOf } from "../../src/supervisor/sockets/portHolder.ts";
import { openSocket, openSockets, removeSocketFile } from "../../src/supervisor/sockets/serviceSockets.ts";
import { openDescriptors } from "../native/closing.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsProgram, needsRoot, needsUnprivileged } from "../support/needs.ts";
import { node24, root, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { freePort } from "./probeSupport.ts";
import { readFrom, startActivated } from "./socketsSupport.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const needsIpv6 = hasIpv6 ? false : "this machine has no ::1";
const unix = (path: string) => ({ kind: "unix", path }) as const;

/** Opened, and closed after the test. */
async function open(tracked: Tracked, ...[address, options]: Parameters<typeof openSocket>): Promise<number> {
  const fd = await openSocket(address, options);
  tracked.defer(() => closeSync(fd));
  return fd;
}

function refusal(what: Promise<unknown>): Promise<DaemonError> {
  return what.then(
    () => assert.fail("it was expected to fail"),
    (error) => {
      assert.ok(error instanceof DaemonError, String(error));
      assert.ok(!error.message.includes("\n"));
      return error;
    },
  );
}

/** Flags as /proc/self/fdinfo shows them. */
function flagsOf(fd: number): number {
  return Number.parseInt(/^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "", 8);
}

/** A process with a listening unix socket, once it listens. */
async function listener(tracked: Tracked, path: string) {
  const child = start(node24, ["-e", `require("node:net").createServer().listen(${JSON.stringify(path)})`]);
  const pid = child.pid ?? 0;
  tracked.killSession(pid);
  // The file is there a moment before.
  await until(
    "it to listen",
    () =>
      existsSync(path) &&
      readFileSync("/proc/net/unix", "latin1")
        .split("\n")
        .some((line) => isListening(line, path)),
  );
  return { pid, child };
}

/** A line of /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path. */
function isListening(line: string, path: string): boolean {
  const [, , , flags = "0", , , , name] = line.split(/\s+/);
  return name === path && (Number.parseInt(flags, 16) & 0x10000) !== 0;
}

const nodeService = `
import { createServer } from "node:net";
import { listenFds } from "${root}/src/daemon/listenFds.ts";
for (const { fd, name } of listenFds({ unset: true })) createServer((socket) => socket.end("node " + name)).listen({ fd });
`;
const pythonService = `
import os, select, socket
names = os.environ["LISTEN_FDNAMES"].split(":")
assert int(os.environ["LISTEN_PID"]) == os.getpid()
sockets = [socket.socket(fileno=3 + i) for i in range(int(os.environ["LISTEN_FDS"]))]
assert all(os.get_blocking(s.fileno()) for s in sockets)
while True:
    for ready in select.select(sockets, [], [])[0]:
        connection = ready.accept()[0]
        connection.sendall(("python " + names[sockets.index(ready)]).encode())
        connection.close()
`;

for (const [language, argv, skip] of [
  ["node", [node24, "--input-type=module", "-e", nodeService], false],
  ["python", ["python3", "-c", pythonService], needsProgram("python3")],
] as const) {
  test(`a ${language} service accepts on the sockets that it inherits, and the next one goes on with them`, { skip }, async (t) => {
    const tracked = track(t);
    const path = join(tracked.dir(), "service.sock");
    const port = await freePort();
    const opened = await openSockets({ http: { kind: "tcp", host: "127.0.0.1", port }, admin: unix(path) });
    for (const { fd } of opened) tracked.defer(() => closeSync(fd));
    for (let round = 0; round < 2; round++) {
      // A connection from before there is a service waits for it.
      const early = readFrom(tracked, { host: "127.0.0.1", port });
      const fds = opened.map(({ fd }) => fd);
      const child = startActivated(tracked, fds, ["http", "admin"], argv);
      assert.equal(await early, `${language} http`);
      assert.equal(await readFrom(tracked, { path }), `${language} admin`);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
}

test("sockets are close-on-exec and block", async (t) => {
  const tracked = track(t);
  const port = await freePort();
  const addresses = [
    { kind: "tcp", host: "127.0.0.1", port },
    { kind: "udp", host: "127.0.0.1", port },
    unix(join(tracked.dir(), "s")),
  ] as const;
  for (const address of addresses) {
    const flags = flagsOf(await open(tracked, address));
    assert.equal(flags & 0o2000000, 0o2000000, `${address.kind}: close-on-exec`);
    assert.equal(flags & 0o4000, 0, `${address.kind}: blocking`);
  }
});

test("datagrams come in on a UDP socket, and a second one for the same port is refused with its holder's name", async (t) => {
  const tracked = track(t);
  const address = { kind: "udp", host: "127.0.0.1", port: await freePort() } as const;
  const fd = await open(tracked, address);
  const sender = createSocket("udp4");
  tracked.defer(() => sender.close());
  sender.send("hello", address.port, "127.0.0.1");
  await until("a datagram", () => native().poll([fd], 0).length === 1);
  assert.equal(Buffer.from(native().receive(fd, true) ?? []).toString(), "hello");
  const { message } = await refusal(openSocket(address));
  assert.match(message, new RegExp(`^listen udp://127.0.0.1:${address.port}: .*process ${process.pid} \\(`));
});

test("a port in use names who holds it; one whose connections linger is free", async (t) => {
  const tracked = track(t);
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = { kind: "tcp", host: "127.0.0.1", port: (server.address() as AddressInfo).port } as const;
  const error = await refusal(openSocket(address));
  assert.equal(error.code, "EADDRINUSE");
  const text = `listen tcp://127.0.0.1:${address.port}: Address already in use (EADDRINUSE); process ${process.pid} (`;
  assert.ok(error.message.startsWith(text), error.message);
  // The server closes first, so its port stays in TIME_WAIT.
  const socket = connect(address.port, "127.0.0.1").resume();
  await once(socket, "close");
  server.close();
  await once(server, "close");
  await open(tracked, address);
});

test("a holder that can't be seen is said to be one", () => {
  const table = "  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 4711 1\n";
  assert.deepEqual(inodesOf(table, "tcp", 8080), ["4711"]);
  assert.deepEqual(inodesOf(table, "tcp", 8081), []);
  assert.deepEqual(inodesOf(table.replace(" 0A ", " 01 "), "tcp", 8080), []);
  assert.deepEqual(inodesOf("", "udp", 8080), []);
});

test("IPv6 listens, and :: takes IPv4 as well", { skip: needsIpv6 }, async (t) => {
  const tracked = track(t);
  const port = await freePort("::1");
  const one = await openSocket({ kind: "tcp", host: "::1", port });
  for (const [host, accepted] of [
    ["::1", true],
    ["127.0.0.1", false],
  ] as const)
    assert.equal(await connects(host, port), accepted, host);
  closeSync(one);
  await open(tracked, { kind: "tcp", host: "::", port });
  for (const host of ["::1", "127.0.0.1"]) assert.ok(await connects(host, port), host);
  const { message } = await refusal(openSocket({ kind: "tcp", host: "127.0.0.1", port }));
  assert.match(message, /process \d+ \(/);
});

test("a name is looked up, and one without an address is an error", async (t) => {
  const tracked = track(t);
  const port = await freePort();
  await open(tracked, { kind: "tcp", host: "localhost", port });
  assert.ok(await connects("127.0.0.1", port));
  const { message, exitCode } = await refusal(openSocket({ kind: "tcp", host: "missing.invalid", port }));
  assert.match(message, /^listen tcp:\/\/missing.invalid:\d+: the name .*; write an address/);
  assert.ok(exitCode > 0);
});

test("an address of no interface is refused", async () => {
  const { message } = await refusal(openSocket({ kind: "tcp", host: "192.0.2.1", port: 8080 }));
  assert.match(message, /\(EADDRNOTAVAIL\); no interface of this machine has this address$/);
});

test("a port below 1024 needs root", { skip: needsUnprivileged || lowestPort() <= 1 }, async () => {
  const { message } = await refusal(openSocket({ kind: "tcp", host: "127.0.0.1", port: 1 }));
  assert.match(message, /\(EACCES\); ports below 1024 need root/);
});

test("a unix socket has the mode asked for, or 0666 less the umask", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const before = process.umask(0o027);
  tracked.defer(() => process.umask(before));
  const cases = [
    ["default", undefined, 0o640],
    ["open", 0o666, 0o666],
    ["closed", 0o600, 0o600],
  ] as const;
  for (const [name, mode, expected] of cases) {
    const path = join(dir, name);
    await open(tracked, unix(path), mode === undefined ? {} : { mode });
    assert.equal(statSync(path).mode & 0o7777, expected, name);
  }
});

test("a unix socket has the owner asked for", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "s");
  await open(tracked, unix(path), { owner: { uid: 65534, gid: 65533 }, mode: 0o660 });
  const { uid, gid, mode } = statSync(path);
  assert.deepEqual({ uid, gid, mode: mode & 0o7777 }, { uid: 65534, gid: 65533, mode: 0o660 });
});

test("an owner that can't be given leaves neither file nor descriptor", { skip: needsUnprivileged }, async (t) => {
  const path = join(track(t).dir(), "s");
  const before = openDescriptors();
  const { code } = await refusal(openSocket(unix(path), { owner: { uid: 0, gid: 0 } }));
  assert.equal(code, "EPERM");
  assert.deepEqual([existsSync(path), openDescriptors()], [false, before]);
});

test("a file that a dead process left behind is replaced", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "s");
  const { child } = await listener(tracked, path);
  child.kill("SIGKILL");
  await once(child, "exit");
  const stale = lstatSync(path).ino;
  await open(tracked, unix(path));
  assert.ok(lstatSync(path).isSocket());
  const socket = connect(path);
  tracked.defer(() => socket.destroy());
  await once(socket, "connect");
  assert.ok(stale > 0);
});

test("a socket that somebody listens on is left alone, and who it is is said", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "s");
  const { pid } = await listener(tracked, path);
  const { ino } = lstatSync(path);
  const { message, code } = await refusal(openSocket(unix(path)));
  assert.match(
    message,
    new RegExp(`^listen unix://${path}: process ${pid} \\(.+\\) listens there \\(EADDRINUSE\\); stop that, or choose another path$`),
  );
  assert.equal(code, "EADDRINUSE");
  assert.equal(lstatSync(path).ino, ino);
  assert.equal(removeSocketFile(unix(path)), false);
  assert.ok(existsSync(path));
});

test("links, files and directories at the path are left alone", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const target = join(dir, "target");
  writeFileSync(join(dir, "file"), "precious");
  mkdirSync(join(dir, "directory"));
  symlinkSync(target, join(dir, "dangling"));
  symlinkSync(join(dir, "file"), join(dir, "link"));
  for (const name of ["dangling", "link"]) {
    assert.match((await refusal(openSocket(unix(join(dir, name))))).message, /a symbolic link is there \(EADDRINUSE\); it is not followed/);
  }
  for (const name of ["file", "directory"]) {
    assert.match((await refusal(openSocket(unix(join(dir, name))))).message, /there is a file that is no socket/);
    assert.equal(removeSocketFile(unix(join(dir, name))), false);
  }
  assert.equal(readFileSync(join(dir, "file"), "utf8"), "precious");
  assert.ok(!existsSync(target));
});

test("a path that is too long, or has no directory, is an error that says so", async (t) => {
  const dir = track(t).dir();
  const long = join(dir, "x".repeat(108 - dir.length));
  assert.match((await refusal(openSocket(unix(long)))).message, /\(ENAMETOOLONG\); the path of a socket may have 107 bytes$/);
  assert.match((await refusal(openSocket(unix(join(dir, "missing/s"))))).message, /\(ENOENT\); create the directory$/);
  assert.match((await refusal(openSocket(unix("/proc/version/s")))).message, /\(ENOTDIR\)/);
});

test("the file goes when the socket is closed for good, and not before", async (t) => {
  const path = join(track(t).dir(), "s");
  const fd = await openSocket(unix(path));
  assert.equal(removeSocketFile(unix(path)), false);
  closeSync(fd);
  assert.equal(removeSocketFile(unix(path)), true);
  assert.equal(existsSync(path), false);
  assert.equal(removeSocketFile(unix(path)), false);
  assert.equal(removeSocketFile({ kind: "tcp", host: "127.0.0.1", port: 80 }), false);
});

test("all sockets of a service are opened, or none", async (t) => {
  const tracked = track(t);
  const [one, two] = [join(tracked.dir(), "one"), join(tracked.dir(), "missing/two")];
  const before = openDescriptors();
  await refusal(openSockets({ one: unix(one), two: unix(two) }));
  assert.equal(existsSync(one), false);
  assert.equal(openDescriptors(), before);
});

test("the kernel says who a peer is", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "s");
  const { pid } = await listener(tracked, path);
  const fd = native().connectUnix(path);
  tracked.defer(() => closeSync(fd));
  assert.deepEqual(native().peerCredentials(fd), { pid, uid: process.getuid?.(), gid: process.getgid?.() });
  const [left, right] = native().socketPair();
  assert.equal(native().peerCredentials(left).pid, process.pid);
  for (const end of [left, right]) closeSync(end);
  assert.throws(() => native().peerCredentials(987_654), { errno: 9, syscall: "getsockopt" });
});

test("a thousand sockets leave no descriptor open", async (t) => {
  const dir = track(t).dir();
  const port = await freePort();
  const round = (count: number) => {
    const path = join(dir, String(count));
    const fds = [native().listenTcp("127.0.0.1", port, 1), native().bindUdp("127.0.0.1", port), native().listenUnix(path, 0o600, 1)];
    fds.push(native().connectUnix(path));
    assert.throws(() => native().listenTcp("127.0.0.1", port, 1), { errno: 98 });
    assert.throws(() => native().listenTcp("localhost", port, 1), { errno: 22 });
    assert.throws(() => native().bindUdp("127.0.0.1", port), { errno: 98 });
    assert.throws(() => native().listenUnix(path, 0o600, 1), { errno: 98 });
    assert.throws(() => native().connectUnix("/missing"), { errno: 2 });
    assert.throws(() => native().listenTcp("127.0.0.1", 65_536, 1), TypeError);
    for (const fd of fds) closeSync(fd);
  };
  round(0);
  const before = openDescriptors();
  for (let count = 1; count <= 250; count++) round(count);
  assert.equal(openDescriptors(), before);
});

async function connects(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function lowestPort(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  } catch {
    return 1024;
  }
}

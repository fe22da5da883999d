import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ReadinessContext } from "../../src/supervisor/probes/readinessProbe.ts";
import { openReadinessProbe, type ProbedReadiness, repeat } from "../../src/supervisor/probes/readinessProbe.ts";
import { isItself } from "../../src/supervisor/probes/tcp.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { fixture, node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { freePort, listen, runCommand, watch } from "./probeSupport.ts";

const context: ReadinessContext = { runCommand, log: { path: "/dev/null", offset: 0 } };
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const port = (number: number, host = "127.0.0.1") => ({ on: "port", host, port: number, timeout: null }) as const satisfies ProbedReadiness;
const http = (url: string) => ({ on: "http", url, timeout: null }) as const satisfies ProbedReadiness;
const exec = (...command: string[]) => ({ on: "exec", command, timeout: null }) as const satisfies ProbedReadiness;

test("a port that accepts passes once, and the connection is closed again", async (t) => {
  const tracked = track(t);
  const server = createServer();
  const number = await listen(tracked, server);
  const accepted = once(server, "connection");
  const { results } = watch(tracked, (handlers) => openReadinessProbe(port(number), handlers, context));
  const [socket] = await accepted;
  socket.resume();
  await once(socket, "close");
  assert.deepEqual(results, ["passed"]);
});

test("a port that opens later passes then, and says until then who refused", async (t) => {
  const tracked = track(t);
  const number = await freePort();
  const { results } = watch(tracked, (handlers) => openReadinessProbe(port(number), handlers, context));
  await until("three failed tries", () => results.length >= 3);
  assert.equal(results[0], `127.0.0.1:${number}: Connection refused (ECONNREFUSED)`);
  await listen(tracked, createServer(), { host: "127.0.0.1", port: number });
  await until("it to pass", () => results.at(-1) === "passed");
});

test("a port on the loopback of IPv6 passes, by address, and by name where the machine says so", {
  skip: hasIpv6 ? false : "this machine has no ::1",
}, async (t) => {
  const tracked = track(t);
  const number = await listen(tracked, createServer(), { host: "::1", port: 0 });
  const named = await lookup("localhost", { all: true });
  for (const host of named.some(({ address }) => address === "::1") ? ["::1", "localhost"] : ["::1"]) {
    const { results } = watch(tracked, (handlers) => openReadinessProbe(port(number, host), handlers, context));
    await until(`${host} to pass`, () => results.length > 0);
    assert.deepEqual(results, ["passed"]);
  }
});

test("a port without an answer is given up in time", async (t) => {
  const tracked = track(t);
  // 192.0.2.0/24 is for documentation: packets to it are lost, or are refused on the way.
  const spec = port(9, "192.0.2.1");
  const { results } = watch(tracked, (handlers) => openReadinessProbe(spec, handlers, { ...context, tryTimeout: 50 }));
  await until("two tries", () => results.length >= 2);
  assert.ok(!results.includes("passed"));
});

test("a client that the kernel connected with itself is no listener", async (t) => {
  const tracked = track(t);
  const number = await freePort();
  const socket = connect({ host: "127.0.0.1", port: number, localPort: number, localAddress: "127.0.0.1" });
  tracked.defer(() => socket.destroy());
  await once(socket, "connect");
  assert.ok(isItself(socket));
});

test("a port held by a listener is not taken for the probe itself", async (t) => {
  const tracked = track(t);
  const socket = connect(await listen(tracked, createServer()), "127.0.0.1");
  tracked.defer(() => socket.destroy());
  await once(socket, "connect");
  assert.ok(!isItself(socket));
});

test("statuses below 400 pass, redirects are not followed, others fail and recover", async (t) => {
  const tracked = track(t);
  let status = 503;
  const paths: string[] = [];
  const server = createHttp((request, response) => {
    paths.push(request.url ?? "");
    response.writeHead(status, { location: "/elsewhere" }).end("body");
  });
  const url = `http://127.0.0.1:${await listen(tracked, server)}/health`;
  const failing = watch(tracked, (handlers) => openReadinessProbe(http(url), handlers, context));
  await until("two tries", () => failing.results.length >= 2);
  assert.equal(failing.results[0], "HTTP status 503 Service Unavailable");
  for (status of [200, 204, 302, 399]) {
    const { results } = watch(tracked, (handlers) => openReadinessProbe(http(url), handlers, context));
    await until(`${status} to pass`, () => results.includes("passed"));
  }
  await until("the first one to pass too", () => failing.results.at(-1) === "passed");
  for (status of [400, 404, 500]) {
    const { results } = watch(tracked, (handlers) => openReadinessProbe(http(url), handlers, context));
    await until(`${status} to fail`, () => results.length >= 1);
    assert.match(results[0] ?? "", new RegExp(`^HTTP status ${status}`));
  }
  assert.deepEqual([...new Set(paths)], ["/health"]);
});

test("an answer whose body never ends passes, one that never comes is given up, nonsense fails", async (t) => {
  const tracked = track(t);
  const endless = await listen(
    tracked,
    createHttp((_request, response) => void response.writeHead(200).write("…")),
  );
  const passing = watch(tracked, (handlers) => openReadinessProbe(http(`http://127.0.0.1:${endless}/`), handlers, context));
  await until("the endless body to pass", () => passing.results.includes("passed"));
  const silent = await listen(tracked, createServer());
  const given = watch(tracked, (handlers) =>
    openReadinessProbe(http(`http://127.0.0.1:${silent}/`), handlers, { ...context, tryTimeout: 60 }),
  );
  await until("the silent one to be given up", () => given.results.length >= 2);
  assert.deepEqual([...new Set(given.results)], ["no answer within 60 ms"]);
  const babble = await listen(
    tracked,
    createServer((socket) => void socket.end("SSH-2.0-OpenSSH\r\n")),
  );
  const refused = watch(tracked, (handlers) => openReadinessProbe(http(`http://127.0.0.1:${babble}/`), handlers, context));
  await until("nonsense to fail", () => refused.results.length >= 1);
  assert.match(refused.results[0] ?? "", /Parse Error/);
});

test("a service that wants to speak another protocol fails", async (t) => {
  const tracked = track(t);
  const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
  const number = await listen(
    tracked,
    createServer((socket) => void socket.once("data", () => socket.write(answer))),
  );
  const { results } = watch(tracked, (handlers) => openReadinessProbe(http(`http://127.0.0.1:${number}/`), handlers, context));
  await until("it to fail", () => results.length >= 1);
  assert.equal(results[0], "it switched to another protocol");
});

test("https passes with a certificate that nobody has signed", { skip: needsProgram("openssl") }, async (t) => {
  const tracked = track(t);
  const [key, cert] = [join(tracked.dir(), "key"), join(tracked.dir(), "cert")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=elsewhere.example"];
  const { code, stderr } = await run("openssl", [...args, "-keyout", key, "-out", cert]);
  assert.equal(code, 0, stderr);
  const server = createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => void response.end("ok"));
  const url = `https://127.0.0.1:${await listen(tracked, server)}/`;
  const { results } = watch(tracked, (handlers) => openReadinessProbe(http(url), handlers, context));
  await until("it to pass", () => results.length > 0);
  assert.deepEqual(results, ["passed"]);
});

test("a URL with a password never shows it", async (t) => {
  const tracked = track(t);
  const url = `http://user:secret@127.0.0.1:${await freePort()}/?token=secret`;
  const { results } = watch(tracked, (handlers) => openReadinessProbe(http(url), handlers, context));
  await until("a try", () => results.length >= 1);
  assert.equal(results[0], "Connection refused (ECONNREFUSED)");
});

test("a command passes with exit status 0; before that its status and first words are told", async (t) => {
  const tracked = track(t);
  const file = join(tracked.dir(), "there");
  const { results } = watch(tracked, (handlers) =>
    openReadinessProbe(exec("sh", "-c", `[ -e ${file} ] || { echo not yet; exit 3; }`), handlers, context),
  );
  await until("a failed try", () => results.length >= 1);
  assert.equal(results[0], "sh: exit status 3: not yet");
  writeFileSync(file, "");
  await until("it to pass", () => results.at(-1) === "passed");
});

test("a command that hangs is killed, and one that can't be started fails", async (t) => {
  const tracked = track(t);
  const file = join(tracked.dir(), "pids");
  const hanging = exec("sh", "-c", `echo $$ >>${file}; exec sleep 1000`);
  const { probe, results } = watch(tracked, (handlers) => openReadinessProbe(hanging, handlers, { ...context, tryTimeout: 500 }));
  await until("it to be given up twice", () => results.length >= 2);
  assert.equal(results[0], "no answer within 0.5 s");
  probe.close();
  assert.ok(existsSync(file));
  await until("all to be killed", () =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .every((pid) => !isAlive(Number(pid))),
  );
  const missing = watch(tracked, (handlers) => openReadinessProbe(exec("/missing/program"), handlers, context));
  await until("it to fail", () => missing.results.length >= 1);
  assert.equal(missing.results[0], "No such file or directory (ENOENT)");
});

test("a try that never lets go is not repeated beside itself", async (t) => {
  const tracked = track(t);
  let running = 0;
  const { results } = watch(tracked, (handlers) =>
    repeat(
      () => {
        running++;
        return new Promise(() => {});
      },
      handlers,
      20,
    ),
  );
  await until("three results", () => results.length >= 3);
  assert.deepEqual(results.slice(0, 3), ["no answer within 20 ms", "the last try still hangs", "the last try still hangs"]);
  assert.equal(running, 1);
});

test("pauses grow from 50 ms to 1 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let tries = 0;
  const times: number[] = [];
  const probe = repeat(
    () => {
      tries++;
      return Promise.resolve("no");
    },
    { onPassed() {}, onFailed() {} },
    5000,
  );
  t.after(() => probe.close());
  let now = 0;
  for (let seen = 1; times.length < 20; ) {
    await Promise.resolve().then(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(1);
    now++;
    if (tries > seen) {
      seen = tries;
      times.push(now);
    }
  }
  const pauses = times.map((at, index) => at - (times[index - 1] ?? 0));
  assert.ok((pauses[0] ?? 0) >= 50 && (pauses[0] ?? 0) <= 52, `${pauses}`);
  assert.ok(
    pauses.every((pause, index) => pause + 2 >= (pauses[index - 1] ?? 0) && pause <= 1002),
    `${pauses}`,
  );
  assert.ok((pauses.at(-1) ?? 0) >= 1000, `${pauses}`);
});

test("closed in any way, nothing more is told", async (t) => {
  const tracked = track(t);
  const number = await freePort();
  const controller = new AbortController();
  const results: string[] = [];
  const handlers = { onPassed: () => results.push("passed"), onFailed: (why: string) => results.push(why), signal: controller.signal };
  openReadinessProbe(port(number), handlers, context);
  await until("a try", () => results.length >= 1);
  controller.abort();
  const seen = results.length;
  await listen(tracked, createServer(), { host: "127.0.0.1", port: number });
  openReadinessProbe(port(number), handlers, context);
  const other = watch(tracked, (more) => openReadinessProbe(port(number), more, context));
  await until("another probe to pass", () => other.results.includes("passed"));
  assert.equal(results.length, seen);
});

test("a hundred at once all pass, and leave nothing open", async (t) => {
  const tracked = track(t);
  const numbers = await Promise.all(Array.from({ length: 100 }, () => freePort()));
  const watched = [...new Set(numbers)].map((number) => ({
    number,
    ...watch(tracked, (handlers) => openReadinessProbe(port(number), handlers, context)),
  }));
  await Promise.all(watched.map(({ number }) => listen(tracked, createServer(), { host: "127.0.0.1", port: number })));
  await until("all to pass", () => watched.every(({ results }) => results.at(-1) === "passed"));
  await until("the connections to close", () => process.getActiveResourcesInfo().every((name) => name !== "TCPSocketWrap"));
});

test("a process whose probes are closed while they hang ends by itself", async () => {
  const { code, stdout, stderr } = await run(node24, [fixture("closedProbes.ts")]);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "closed\n", stderr: "" });
});

/** The carriers, against real processes and servers on the loopback. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Notice } from "../../src/monitor/alerts.ts";
import { runWithInput } from "../../src/supervisor/shell/alertExec.ts";
import { compose } from "../../src/supervisor/shell/alertMail.ts";
import { post } from "../../src/supervisor/shell/alertWebhook.ts";
import { sendMail } from "../../src/supervisor/shell/smtp.ts";
import { track } from "../support/cleanup.ts";

const NOTICE: Notice = {
  ...{ kind: "failing", key: "k", subject: "wéb/0", title: "failed", message: "wéb/0 failed: exit status 3" },
  ...{ at: 1_700_000_000_000, since: null, count: 2 },
};

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A mail server that answers what it is told to, and keeps what it was told. */
async function mailServer(t: TestContext, answers: Readonly<Record<string, string>> = {}) {
  const heard: string[] = [];
  const port = await listening(
    t,
    createServer((socket) => {
      let text = "";
      let inLetter = false;
      socket.on("error", () => {});
      socket.write(answers.hello ?? "220 ready\r\n");
      socket.on("data", (chunk) => {
        text += chunk;
        for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
          const line = text.slice(0, end);
          text = text.slice(end + 2);
          heard.push(line);
          const [verb = ""] = line.split(/[ :]/);
          if (inLetter && line !== ".") continue;
          inLetter = verb === "DATA";
          socket.write(answers[verb] ?? { EHLO: "250-me\r\n250 8BITMIME\r\n", DATA: "354 go on\r\n" }[verb] ?? "250 fine\r\n");
        }
      });
    }),
  );
  const server = { host: "127.0.0.1", port, secure: false, user: null, password: null };
  return { heard, server };
}

const letter = compose({ from: "d@alpha", to: ["a@example.com", "b@example.com"], notice: NOTICE, host: "alpha" });
const delivery = { from: "d@alpha", to: ["a@example.com", "b@example.com"], letter, name: "alpha", timeout: 20_000 };

test("a letter arrives whole: addresses, subject and text", async (t) => {
  const { heard, server } = await mailServer(t);
  await sendMail({ ...delivery, server: { ...server, user: "me", password: "pw" } });
  const commands = heard.slice(0, heard.indexOf("DATA"));
  assert.deepEqual(commands, [
    "EHLO alpha",
    `AUTH PLAIN ${Buffer.from("\0me\0pw").toString("base64")}`,
    "MAIL FROM:<d@alpha>",
    "RCPT TO:<a@example.com>",
    "RCPT TO:<b@example.com>",
  ]);
  const text = heard.slice(heard.indexOf("DATA") + 1, heard.indexOf("."));
  const body = Buffer.from(text.slice(text.indexOf("") + 1).join(""), "base64").toString();
  assert.match(body, /^wéb\/0 failed: exit status 3\n\nMachine: alpha\n[\s\S]*Count: {3}2 times/);
  assert.ok(text.every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)));
  const subject = /=\?UTF-8\?B\?(.*?)\?=/.exec(text.find((line) => line.startsWith("Subject: ")) ?? "")?.[1] ?? "";
  assert.match(Buffer.from(subject, "base64").toString(), /^\[alpha\] FAILING wéb\/0/);
});

test("what a mail server refuses is told in its own words, and the password in none", async (t) => {
  const { server } = await mailServer(t, { AUTH: "535 5.7.8 no such user\r\n" });
  await assert.rejects(sendMail({ ...delivery, server: { ...server, user: "me", password: "SECRET" } }), (error: Error) => {
    assert.equal(error.message, "127.0.0.1: 535 5.7.8 no such user");
    return true;
  });
});

for (const [what, answers, message] of [
  ["says nothing", { hello: "" }, /^127\.0\.0\.1: not done in 0\.3 s$/],
  ["stops in the middle", { DATA: "" }, /^127\.0\.0\.1: not done in 0\.3 s$/],
  ["is none", { hello: "x".repeat(20_000) }, /^127\.0\.0\.1: it doesn't speak SMTP$/],
] as const) {
  test(`a mail server that ${what} is given up`, async (t) => {
    const { server } = await mailServer(t, answers);
    await assert.rejects(sendMail({ ...delivery, server, timeout: 300 }), { message });
  });
}

test("a program gets what is told on its standard input", async (t) => {
  const file = join(track(t).dir(), "told");
  await runWithInput({
    command: ["sh", "-c", `cat > ${file}; echo "$WHO" >> ${file}`],
    cwd: "/",
    env: { ...process.env, WHO: "me" },
    input: "hi\n",
    timeout: 20_000,
  });
  assert.equal(readFileSync(file, "utf8"), "hi\nme\n");
});

for (const [command, message] of [
  [["sh", "-c", "echo it is broken >&2; exit 3"], /^sh: exit status 3: it is broken$/],
  [["sh", "-c", "kill -9 $$"], /^sh: killed by SIGKILL$/],
  [["/nonexistent/page-me"], /^page-me can't be started: spawn .*ENOENT$/],
  [["sleep", "1000"], /^sleep did not end in 0\.5 s, and was killed$/],
] as const) {
  test(`a program that fails: ${command.join(" ")}`, async () => {
    await assert.rejects(
      runWithInput({ command, cwd: "/", env: process.env, input: "x".repeat(100_000), timeout: command[0] === "sleep" ? 500 : 20_000 }),
      { message },
    );
  });
}

test("a webhook: what is posted, and what becomes of each answer", async (t) => {
  const seen: string[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${request.headers.authorization}`);
    response.statusCode = Number(request.url?.slice(1));
    response.end("x".repeat(100_000));
  });
  const port = await listening(t, server);
  const send = (status: number) =>
    post({
      url: `http://127.0.0.1:${port}/${status}`,
      type: "text/x",
      headers: {},
      more: { Authorization: "Bearer t" },
      body: "{}",
      timeout: 20_000,
    });
  await send(204);
  assert.deepEqual(seen, ["POST /204 text/x Bearer t"]);
  const host = `127.0.0.1:${port}`;
  await assert.rejects(send(503), { message: `${host}: answered 503`, refused: false });
  await assert.rejects(send(404), { message: `${host}: answered 404`, refused: false });
  await assert.rejects(send(400), { message: `${host}: answered 400`, refused: true });
  await assert.rejects(send(302), { message: `${host}: answered 302, which leads elsewhere`, refused: false });
});

test("a webhook that is dead, or doesn't answer, is given up, and its path is not told", async (t) => {
  const port = await listening(
    t,
    createServer(() => {}),
  );
  const at = (where: number) => post({ url: `http://127.0.0.1:${where}/SECRET`, type: "x", headers: {}, more: {}, body: "", timeout: 300 });
  await assert.rejects(at(port), { message: `127.0.0.1:${port}: no answer in 0.3 s` });
  await assert.rejects(at(1), { message: "127.0.0.1:1: connect ECONNREFUSED" });
});

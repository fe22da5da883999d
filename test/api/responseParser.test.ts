import assert from "node:assert/strict";
import { test } from "node:test";
import { MalformedResponse, ResponseParser } from "../../src/api/responseParser.ts";

/** The parts of an answer that comes in pieces of that size. */
function parsed(text: string, size = text.length) {
  const parser = new ResponseParser();
  const bytes = Buffer.from(text);
  let [status, body, interim] = [0, "", 0];
  for (let at = 0; at < bytes.length; at += size) {
    for (const part of parser.feed(bytes.subarray(at, at + size))) {
      if (part.is === "interim") interim += 1;
      else if (part.is === "head") status = part.status;
      else if (part.is === "data") body += part.bytes;
    }
  }
  return { status, body, interim, done: parser.isDone };
}

const WHOLE = {
  "a length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", 0],
  "no body": ["HTTP/1.1 204 No Content\r\n\r\n", 204, "", 0],
  "length 0": ["HTTP/1.1 404 \r\ncontent-length:0\r\n\r\n", 404, "", 0],
  chunks: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n00002;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n", 200, "hello", 0],
  "interim answers": [
    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    200,
    "ok",
    2,
  ],
} as const;

for (const [what, [text, status, body, interim]] of Object.entries(WHOLE)) {
  test(`an answer with ${what} is the same however it is cut into pieces`, () => {
    for (let size = 1; size <= text.length; size++) assert.deepEqual(parsed(text, size), { status, body, interim, done: true });
  });

  test(`an answer with ${what} is complete only with its last byte`, () => {
    for (let length = 0; length < text.length; length++) assert.equal(parsed(text.slice(0, length)).done, false, `${length}`);
  });
}

const HEAD = "HTTP/1.1 200 OK\r\n";
for (const [what, text] of Object.entries({
  "another protocol": "SSH-2.0-OpenSSH\r\n\r\n",
  "HTTP/1.0": "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  "no status": "HTTP/1.1 OK\r\n\r\n",
  "an upgrade": "HTTP/1.1 101 Switching\r\n\r\n",
  "no length": `${HEAD}A: b\r\n\r\n`,
  "a length that is none": `${HEAD}Content-Length: -1\r\n\r\n`,
  "two lengths": `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
  "length and chunks": `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  "another encoding": `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  "a folded header": `${HEAD}A: b\r\n c\r\n\r\n`,
  "a header without a name": `${HEAD}: b\r\n\r\n`,
  "a blank before the colon": `${HEAD}Content-Length : 1\r\n\r\n`,
  "a bad size": `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
  "a chunk too long": `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`,
  "something after it": `${HEAD}Content-Length: 1\r\n\r\nab`,
  "a head without end": `${HEAD}${"A: b\r\n".repeat(10_000)}`,
  "a line without end": `${HEAD}Transfer-Encoding: chunked\r\n\r\n${"1".repeat(3000)}`,
  "trailers without end": `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n${"A: b\r\n".repeat(1000)}`,
})) {
  test(`an answer with ${what} is malformed`, () => {
    assert.throws(() => parsed(text), MalformedResponse);
    assert.throws(() => parsed(text, 1), MalformedResponse);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { API_ERROR_CODES } from "../../src/api/errorCodes.ts";
import type { EventContent } from "../../src/supervisor/control.ts";
import { ask, served } from "./apiFixture.ts";
import { document, misfitsIn } from "./openapiCheck.ts";

const BODIES: Readonly<Record<string, object>> = {
  signal: { signalName: "SIGHUP", to: "all", wait: null },
  scale: { instances: 2, wait: 0 },
  stop: { force: true, wait: 10 },
  delete: { force: false },
  shutdown: { force: false },
  start: { wait: 1 },
};

const EVENTS: readonly EventContent[] = [
  { type: "state", instance: "web/0", from: "stopped", to: "starting", reason: "asked" },
  { type: "exit", instance: "web/0", attempt: 1, pid: 5, status: { code: 3 }, usage: { userMs: 1, systemMs: 1, maxRssBytes: 1 } },
  { type: "exit", instance: "web/0", attempt: 2, pid: 5, status: "unknown", usage: null },
  { type: "service", service: "web", what: "added", keys: [], by: "alice" },
  { type: "supervisor", what: "adopted", detail: "2 of 2" },
  { type: "problem", subject: "disk", message: "it is full" },
  { type: "recovered", subject: "disk", message: "there is room" },
];

for (const [path, operations] of Object.entries(document.paths)) {
  for (const [method, { operationId, requestBody, responses, parameters = [] }] of Object.entries(operations)) {
    test(`what ${operationId} takes and answers is as the document says`, async (t) => {
      const { socket, events, specs } = await served(t);
      for (const event of EVENTS) events.append(event);
      const given = operationId === "apply" ? { services: [specs.web, specs.db], dryRun: true } : BODIES[operationId];
      const schema = requestBody?.content["application/json"]?.schema;
      if (schema !== undefined) assert.deepEqual(misfitsIn(given ?? {}, schema), []);
      else assert.equal(given, undefined);
      const query = operationId === "events" ? "?follow=0" : operationId === "samples" ? "?count=1" : "";
      const options = given === undefined ? {} : { body: JSON.stringify(given) };
      const answer = await ask(socket, method.toUpperCase(), `${path.replace("{selector}", "all")}${query}`, options);
      assert.equal(answer.status, 200, answer.text);
      const content = responses["200"]?.content ?? {};
      const [type = ""] = String(answer.headers["content-type"]).split(";");
      assert.equal(Object.keys(content)[0], type);
      if (type === "application/json") assert.deepEqual(misfitsIn(answer.json(), content[type]?.schema ?? {}), []);
      if (operationId === "samples") {
        const [, data = ""] = /^data: (.*)$/m.exec(answer.text) ?? [];
        assert.deepEqual(misfitsIn(JSON.parse(data), "MonitorSample"), []);
      }
      if (operationId === "events") {
        const data = [...answer.text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]) => JSON.parse(json));
        assert.equal(data.length, EVENTS.length);
        for (const event of data) assert.deepEqual(misfitsIn(event, "SupervisorEvent"), []);
      }
      assert.equal(
        path.includes("{selector}"),
        parameters.some((one) => one.in === "path"),
      );
    });
  }
}

test("what doesn't fit a schema is told", () => {
  assert.deepEqual(misfitsIn({ error: { code: "X", message: 1 } }, "Error"), [
    ".error.message: not of type string",
    ".error.hint: missing",
  ]);
  assert.notDeepEqual(misfitsIn({ seq: 1, at: 1, type: "state" }, "SupervisorEvent"), []);
});

test("operations have names of their own, and every status of an error is one of the table", () => {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  const known = new Set(Object.values(API_ERROR_CODES).map(({ status }) => String(status)));
  for (const { responses } of operations)
    for (const status of Object.keys(responses)) assert.ok(status === "200" || known.has(status), status);
});

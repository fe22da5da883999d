import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { API_ERROR_CODES, CLIENT_ERROR_CODES } from "../../src/api/errorCodes.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { codeBlocks, read, tableRows } from "../project/pages.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, root, run } from "../support/run.ts";
import { served } from "./apiFixture.ts";

const page = read("docs/api.md");

test("docs/api.md has every route, and no other", () => {
  const documented = tableRows(page, "method").map(([method, path = ""]) => `${method} ${path.replaceAll("`", "")}`);
  assert.deepEqual(documented.sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

test("docs/api.md has every code with its status, exit code and meaning, and no other", () => {
  const rows = (heading: string) => tableRows(page, heading).map(([code = "", ...rest]) => [code.replaceAll("`", ""), ...rest].join(" "));
  assert.deepEqual(
    rows("code of the API"),
    Object.entries(API_ERROR_CODES).map(([code, { status, exitCode, meaning }]) => `${code} ${status} ${exitCode} ${meaning}`),
  );
  assert.deepEqual(
    rows("code of the client"),
    Object.entries(CLIENT_ERROR_CODES).map(([code, { exitCode, meaning }]) => `${code} ${exitCode} ${meaning}`),
  );
});

test("the program of docs/api.md runs", async (t) => {
  const { socket, folder, events } = await served(t);
  events.append({ type: "supervisor", what: "started", detail: "" });
  const [program = ""] = codeBlocks(page, "js");
  const client = pathToFileURL(join(root, "src/api/client.ts")).href;
  const file = join(folder, "program.mjs");
  writeFileSync(file, program.replace("daemonitor/client", client).replace("/run/daemonitor/control.sock", socket));
  const { stdout, stderr, code } = await run(node24, [file], { timeout: 60_000 });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "web/0 done web/0 is running\n1 supervisor\n");
});

test("the commands of docs/api.md run", { skip: needsProgram("curl") }, async (t) => {
  const { socket, events, control } = await served(t);
  events.append({ type: "supervisor", what: "started", detail: "" });
  const lines = codeBlocks(page, "sh")
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.startsWith("curl"));
  assert.equal(lines.length, 4);
  for (const line of lines) {
    const ending = line.includes("/events") ? "--max-time 1" : "--fail";
    const command = line.replace("/run/daemonitor/control.sock", `${socket} --silent ${ending}`);
    const { stdout, code } = await run("sh", ["-c", command], { timeout: 60_000 });
    // 28: it followed the events until its time was over.
    assert.equal(code, line.includes("/events") ? 28 : 0, line);
    assert.match(stdout, /services|instances|supervisor/);
  }
  assert.equal(control.requests.length, 2);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { fromCommandLine, nameFor } from "../../src/service/fromCommandLine.ts";

const variables = { PATH: "/bin", PORT: "3000", TERM: "xterm" };

test("a script brings its name, its interpreter, its arguments and the caller's variables", async () => {
  const { config } = await checkConfig(fromCommandLine({ script: "app.js", args: ["--x", "1 2"] }, { instances: 2 }), {
    directory: "/srv",
    variables,
  });
  const [spec] = config?.services ?? [];
  assert.equal(spec?.name, "app");
  assert.equal(spec?.instances, 2);
  assert.equal(spec?.cwd, "/srv");
  assert.deepEqual(spec?.command, ["node", "app.js", "--x", "1 2"]);
  assert.deepEqual(spec?.env, { PATH: "/bin", PORT: "3000" });
});

test("a command is taken word by word, and the shell's work isn't done twice", async () => {
  const asked = fromCommandLine(
    { command: ["sh", "-c", "echo ${PORT} | cat; $${X}"] },
    { name: "x", env: { A: "${PORT}" }, inheritEnv: false },
  );
  const { config } = await checkConfig(asked, { directory: "/", variables });
  assert.deepEqual(config?.services[0]?.command, ["sh", "-c", "echo ${PORT} | cat; $${X}"]);
  assert.deepEqual(config?.services[0]?.env, { A: "${PORT}" });
});

test("flags that were not given say nothing", async () => {
  assert.deepEqual(fromCommandLine({ command: ["redis-server"] }, { user: undefined }), {
    services: { "redis-server": { inheritEnv: true, command: ["redis-server"] } },
  });
});

test("a file gives a name that a service may have", () => {
  assert.deepEqual(["/srv/my app.js", "server", ".hidden.js", "a*b.ts", "---", "all.js", ""].map(nameFor), [
    "my app",
    "server",
    "hidden",
    "a-b",
    "service",
    "service",
    "service",
  ]);
});

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import type { CommandEnd } from "../../src/supervisor/probes/probe.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { HOME, type ShellTree, shellTree } from "./shellTree.ts";

interface Asked {
  readonly script: string;
  readonly spec?: ServiceSpec;
  readonly beside?: string;
  /** Write to the log, as hooks do. */
  readonly log?: boolean;
  /** A file whose existence aborts it. */
  readonly abortWhen?: string;
}

async function run(tree: ShellTree, { script, spec, beside = "ready", log = false, abortWhen }: Asked): Promise<CommandEnd> {
  const [name = "", value = ""] = tree.mark.split("=");
  return tree.shell(
    async ({ commands, logs, require }, { spec, script, beside, log, abortWhen, home, name, value }) => {
      const controller = new AbortController();
      const { existsSync } = require("node:fs");
      const timer = setInterval(() => abortWhen !== undefined && existsSync(abortWhen) && controller.abort(), 10);
      try {
        return await commands.run(
          spec,
          {
            key: `web/0#1:${beside}`,
            instance: "web/0",
            number: 0,
            attempt: 1,
            command: ["sh", "-c", script],
            home,
            starter: process.env,
            logs: log ? await logs.open(spec, "web/0") : null,
            sockets: [],
            notifyAddress: null,
            cgroup: null,
            extraEnvironment: { [name]: value },
          },
          controller.signal,
        );
      } finally {
        clearInterval(timer);
      }
    },
    { spec: spec ?? (await specOf({ command: ["true"] })), script, beside, log, abortWhen, home: HOME, name, value },
  );
}

test("a command's status, its signal, and the end of what it wrote", async (t) => {
  const tree = await shellTree(track(t));
  assert.deepEqual(await run(tree, { script: "echo out; echo err >&2" }), { status: 0, signal: null, output: "out\nerr\n" });
  assert.deepEqual(await run(tree, { script: "exit 7" }), { status: 7, signal: null, output: "" });
  assert.deepEqual(await run(tree, { script: "kill -9 $$" }), { status: null, signal: "SIGKILL", output: "" });
  const flood = await run(tree, { script: "seq 1 200000; echo last" });
  assert.deepEqual([flood.status, flood.output?.length, flood.output?.slice(-12)], [0, 4096, "200000\nlast\n"]);
  await until("init to forget them", async () => (await tree.remote(({ client }) => client.list(), undefined)).length === 0);
});

test("what runs on and holds the output is not waited for", async (t) => {
  const tree = await shellTree(track(t));
  assert.deepEqual(await run(tree, { script: "echo now; sleep 1000 &" }), { status: 0, signal: null, output: "now\n" });
});

test("a hook writes into the log of its instance", async (t) => {
  const tree = await shellTree(track(t));
  assert.deepEqual(await run(tree, { script: "echo prepared; env", log: true, beside: "beforeStart" }), { status: 0, signal: null });
  const text = await until("the output", () => {
    const text = readFileSync(join(tree.dir, "web/0.log"), "utf8");
    return text.includes("DAEMONITOR_INSTANCE=") && text;
  });
  assert.match(text, new RegExp(`^prepared\n(.*\n)*DAEMONITOR_INSTANCE=${HOME}/web/0#1:beforeStart\n`));
});

test("aborted, it is killed with all that it started, wherever that went", async (t) => {
  const tree = await shellTree(track(t));
  const at = (name: string) => join(tree.dir, name);
  const script = `
    sh -c 'echo $$ > ${at("child")}; exec sleep 1000' &
    setsid sh -c 'echo $$ > ${at("escaped")}; exec sleep 1000' &
    (setsid sh -c 'echo $$ > ${at("orphan")}; exec sleep 1000' &)
    while ! [ -s ${at("child")} -a -s ${at("escaped")} -a -s ${at("orphan")} ]; do sleep 0.01; done
    trap '' TERM; echo started; : > ${at("abort")}; sleep 1000`;
  const end = await run(tree, { script, abortWhen: at("abort") });
  assert.deepEqual(end, { status: null, signal: "SIGKILL", output: "started\n" });
  for (const name of ["child", "escaped", "orphan"]) assert.equal(isAlive(Number(readFileSync(at(name), "utf8"))), false, name);
});

test("the service itself is none of the command's tree", async (t) => {
  const tree = await shellTree(track(t));
  const { pid } = await tree.launch(await specOf({ command: ["sleep", "1000"] }));
  await run(tree, { script: `: > ${tree.dir}/abort; sleep 1000`, abortWhen: join(tree.dir, "abort") });
  assert.ok(isAlive(pid));
});

test("one that can't be started rejects, and leaves nothing open", async (t) => {
  const tree = await shellTree(track(t));
  const count = () => tree.remote(({ require }) => require("node:fs").readdirSync("/proc/self/fd").length, undefined);
  await run(tree, { script: "true" });
  const before = await count();
  const spec = await specOf({ command: ["true"], cwd: "/nonexistent" });
  await assert.rejects(run(tree, { script: "true", spec }), { code: "ENOENT", step: "chdir" });
  await assert.rejects(run(tree, { script: "true", spec: { ...spec, user: "no-such-user" } }), { code: "ERR_UNKNOWN_USER" });
  for (let round = 0; round < 20; round += 1) await run(tree, { script: "echo x" });
  // The connections by which the test asks come and go.
  await until("all to be closed", async () => (await count()) <= before);
});

test("there is one of each kind at a time", async (t) => {
  const tree = await shellTree(track(t));
  const path = join(tree.dir, "go");
  const first = run(tree, { script: `: > ${tree.dir}/runs; while ! [ -e ${path} ]; do sleep 0.01; done` });
  await until("the first", () => existsSync(join(tree.dir, "runs")));
  await assert.rejects(run(tree, { script: "true" }), { code: "EBUSY" });
  assert.equal((await run(tree, { script: `: > ${path}`, beside: "health" })).status, 0);
  assert.equal((await first).status, 0);
});

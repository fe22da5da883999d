import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { killTree } from "../support/killTree.ts";
import { allPids } from "../support/process.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const SECRET = "hunter2-hunter2-hunter2";
const OTHER = "correct-horse-battery";

test("the values of a service's environment are in the service alone, and in files of its owner", async (t) => {
  const s = await supervised(t);
  const service = { command: ["sh", "-c", 'test -n "$TOKEN" && echo has it; exec sleep 1000'], env: { TOKEN: SECRET } };
  await s.apply({
    web: { ...service, hooks: { beforeStart: ["true"] } },
    broken: { command: ["/nonexistent/program"], env: { TOKEN: SECRET }, restart: "never" },
    failing: { command: ["sh", "-c", "exit 3"], env: { TOKEN: SECRET }, restart: "never" },
  });
  await until("its output", () => s.log("web/0").includes("has it"));
  const { pid } = await s.status("web/0");
  assert.ok(readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TOKEN=${SECRET}`));
  // A change names the key, not what it was or is.
  const { plan } = await s.apply({ web: { ...service, env: { TOKEN: OTHER } } });
  assert.deepEqual(plan.changed[0]?.keys.includes("env.TOKEN"), true);
  writeFileSync(join(s.dir, "daemonitor.config.json"), JSON.stringify({ services: { web: { ...service, env: { TOKEN: SECRET } } } }));

  const told: string[] = [];
  for (const args of [
    ["status"],
    ["status", "--json"],
    ["describe", "web"],
    ["describe", "web", "--json"],
    ["describe", "broken"],
    ["why", "web"],
    ["why", "broken", "--json"],
    ["why", "failing"],
    ["events", "--json"],
    ["apply", "--dry-run"],
    ["apply", "--dry-run", "--json"],
    ["apply"],
    ["restart", "web"],
    ["start", "broken"],
  ]) {
    const { stdout, stderr } = await s.command(args, { timeout: 60_000 });
    assert.notEqual(stdout + stderr, "", args.join(" "));
    told.push(stdout, stderr);
  }
  told.push(JSON.stringify(await s.events()), JSON.stringify(await s.client.describe("all")), await s.client.metrics());
  told.push(JSON.stringify(await s.client.openApi()), JSON.stringify(await s.about()), JSON.stringify(await s.client.why("all")));
  await killTree(s, "both");
  told.push(JSON.stringify(await s.client.list()), JSON.stringify(await s.events()));
  for (const text of told) assert.ok(!holdsSecret(text), text);

  // Who asks for it, and may, gets it.
  const [description] = await s.client.describe("web", { secrets: true });
  assert.equal(description?.spec.env.TOKEN, SECRET);
  for (const path of filesIn(s.env.DAEMONITOR_HOME ?? "")) {
    if (!holdsSecret(readFileSync(path, "latin1"))) continue;
    assert.match(path, /\/services\.json$/);
    assert.equal(statSync(path).mode & 0o777, 0o600, path);
  }
  assert.equal(statSync(s.home.journalFile).mode & 0o777, 0o600);

  const ours = new Set(s.processes());
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    assert.ok(!holdsSecret(read(pid, "cmdline")), `process ${pid} shows it to ps`);
    if (!ours.has(pid)) assert.ok(!holdsSecret(read(pid, "environ")), `process ${pid} has it in its environment`);
  }
});

test("nothing of the environment of whoever runs the first command gets into the tree, or into other services", async (t) => {
  const s = await supervised(t, { start: false });
  const { code, stderr } = await s.command(["start", "--name", "mine", "--", "sleep", "1000"], { env: { MY_SECRET: SECRET } });
  assert.equal(code, 0, stderr);
  await s.apply({ other: { command: ["sleep", "1000"] } });
  const { pid, init } = await s.about();
  const other = await s.status("other/0");
  for (const one of [pid, init.pid, other.pid ?? 0]) assert.ok(!holdsSecret(read(one, "environ")), String(one));
  // `start` hands over the variables of the shell, as its help says: to this service alone.
  assert.ok(holdsSecret(read((await s.status("mine/0")).pid ?? 0, "environ")));
});

function holdsSecret(text: string): boolean {
  return text.includes(SECRET) || text.includes(OTHER);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

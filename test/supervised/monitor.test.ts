import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { InstanceSample, MonitorSample } from "../../src/monitor/sample.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const find = ({ instances }: MonitorSample, name: string): InstanceSample | undefined => instances.find((one) => one.name === name);

// They wait for seconds more than they work: several at the same time.
describe("what is measured", { concurrency: 2 }, () => {
  test("an instance is measured with its children, also those that have left it", async (t) => {
    const { apply, client, processes } = await supervised(t);
    const script = "sleep 1000 & (setsid sh -c 'sleep 1001 & sleep 1002' &) ; exec sleep 1003";
    await apply({ tree: { command: ["sh", "-c", script] }, idle: { command: ["sleep", "1000"] } });
    await until("all of it to run", () => processes("tree/0").length === 5);
    const tree = await until("all of it in a sample", async () => {
      const found = find(await client.sample(), "tree/0");
      return found?.processes === 5 && found.descriptors !== null && found.readRate !== null && found;
    });
    const { pid } = (await client.list("tree"))[0]?.instances[0] ?? {};
    assert.equal(tree.pid, pid);
    assert.equal(tree.threads, 5);
    assert.ok(tree.memory > 5 * 2 ** 18, String(tree.memory));
    assert.equal(find(await client.sample(), "idle/0")?.processes, 1);
  });

  test("after the supervisor was killed its successor finds the same processes", async (t) => {
    const { apply, client, processes, about } = await supervised(t);
    await apply({ tree: { command: ["sh", "-c", "(setsid sh -c 'sleep 1001 & sleep 1002' &) ; exec sleep 1003"] } });
    await until("all of it to run", () => processes("tree/0").length === 4);
    const { pid } = await about();
    process.kill(pid, "SIGKILL");
    await until("another supervisor", async () => (await about()).pid !== pid);
    await until("all of it in a sample", async () => find(await client.sample(), "tree/0")?.processes === 4);
  });

  test("while somebody looks there is a sample each second, and its past by the second", async (t) => {
    const { apply, client } = await supervised(t);
    await apply({ busy: { command: ["sh", "-c", "while :; do :; done"] } });
    const samples: MonitorSample[] = [];
    for await (const sample of client.samples()) {
      samples.push(sample);
      if (samples.length === 5) break;
    }
    // How long a second takes here is not what is tested: but nobody who looks waits for five.
    assert.ok(
      samples.slice(1).some(({ over }) => over !== null && over < 3000),
      JSON.stringify(samples.map(({ over }) => over)),
    );
    const cpu = find(samples.at(-1) ?? assert.fail(), "busy/0")?.cpu ?? 0;
    assert.ok(cpu > 0.05 && cpu < 1.1, `a share of ${cpu}`);
    const [fine] = await client.history({ instance: "busy/0", fine: true });
    assert.ok((fine?.at.length ?? 0) >= 3, JSON.stringify(fine));
    const [host] = await client.history({ instance: "host", series: ["load"] });
    assert.ok(host?.values.load?.every((value) => value !== null && value >= 0));
  });

  test("what a configuration says of disks is measured, also by the next supervisor, until another one is applied", async (t) => {
    const { dir, apply, client, about, command } = await supervised(t);
    mkdirSync(join(dir, "data"));
    writeFileSync(join(dir, "data/x"), Buffer.alloc(100_000));
    writeFileSync(join(dir, "note"), "hello\n");
    const config = {
      services: { nap: { command: ["sleep", "1000"] } },
      disk: [
        { path: join(dir, "data"), size: { above: "1GiB" } },
        { path: join(dir, "note"), checksum: true, content: "^hel+o$" },
      ],
    };
    writeFileSync(join(dir, "daemonitor.config.json"), JSON.stringify(config));
    const applied = await command(["apply"]);
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /~ what is said of disks and alerts/);
    assert.match((await command(["apply"])).stdout, /nothing to do/);
    const measured = async () => {
      const { directories, files } = await client.sample();
      const note = files.find(({ path }) => path === join(dir, "note"));
      return directories[0]?.files === 1 && note?.matches === true && note.checksum !== null && { directories };
    };
    const { directories } = await until("all to be measured", measured, { timeout: 30_000 });
    assert.ok((directories[0]?.size ?? 0) >= 100_000);
    const { pid } = await about();
    process.kill(pid, "SIGKILL");
    await until("another supervisor", async () => (await about()).pid !== pid);
    await until("all to be measured again", measured, { timeout: 30_000 });
    await apply({ nap: { command: ["sleep", "1000"] } }, { monitor: { disk: [], alerts: [] } });
    await until("nothing to be measured", async () => (await client.sample()).directories.length === 0);
  });

  test("what an instance has logged is told, and the file system that it is on", async (t) => {
    const { dir, apply, client } = await supervised(t);
    await apply({ talk: { command: ["sh", "-c", "head -c 50000 /dev/zero | tr '\\0' 'x'; exec sleep 1000"] } });
    const found = await until(
      "the size",
      async () => {
        const sample = await client.sample();
        return (find(sample, "talk/0")?.logSize ?? 0) >= 50_000 && sample;
      },
      { timeout: 30_000 },
    );
    assert.ok(found.fileSystems.some(({ path, size, available }) => (path === "/" || dir.startsWith(path)) && size > 0 && available > 0));
  });

  test("daemonitor top prints samples: as a table, or one JSON object a line", async (t) => {
    const { apply, client, command } = await supervised(t);
    await apply({ web: { command: ["sleep", "1000"] }, db: { command: ["sleep", "1000"] } });
    await until("both in a sample", async () => (await client.sample()).instances.length === 2);
    const json = await command(["top", "--json", "--count", "2"]);
    assert.equal(json.code, 0, json.stderr);
    const samples = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as MonitorSample);
    assert.deepEqual(
      samples.map(({ instances }) => instances.map(({ name }) => name)),
      [
        ["web/0", "db/0"],
        ["web/0", "db/0"],
      ],
    );
    const table = await command(["top", "web", "-n", "1"]);
    assert.match(table.stdout, /^cpu .* of \d+; load .*; memory .* of .*\n\nNAME +PID +CPU +MEMORY.*\nweb\/0 +\d+ /);
    assert.match(table.stdout, /\nFILE SYSTEM +SIZE +FREE/);
    assert.doesNotMatch(table.stdout, /db\/0/);
    for (const [args, says] of [
      [["--interval", "1.5s"], /whole seconds/],
      [["--count", "0"], /--count/],
      [["nobody"], /nobody/],
    ] as const) {
      const { code, stderr } = await command(["top", ...args]);
      assert.notEqual(code, 0);
      assert.match(stderr, says);
    }
  });
});

import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

// Their files are looked at every five seconds: both are waited for at the same time.
describe("files of the runtime directory", { concurrency: true }, () => {
  test("a lock and a control socket that somebody has removed are put back, and there is still one supervisor", async (t) => {
    const { apply, home, about, command, status } = await supervised(t);
    await apply({ nap: { command: ["sleep", "1000"] } });
    const before = await about();
    const { pid } = await status("nap/0");
    rmSync(home.lockFile);
    rmSync(home.socket);
    await until("both to be there again", () => existsSync(home.lockFile) && existsSync(home.socket), { timeout: 30_000 });
    const answer = JSON.parse((await command(["status", "--json"])).stdout);
    assert.equal(answer.supervisor.pid, before.pid);
    process.kill(before.pid, "SIGKILL");
    const after = await about();
    assert.notEqual(after.pid, before.pid);
    assert.equal((await status("nap/0")).pid, pid);
  });

  test("so is the whole runtime directory", async (t) => {
    const { apply, home, about, status } = await supervised(t);
    await apply({ nap: { command: ["sleep", "1000"] } });
    const { pid } = await status("nap/0");
    const before = await about();
    rmSync(home.run, { recursive: true });
    await until("the socket to be there again", () => existsSync(home.socket), { timeout: 30_000 });
    assert.equal((await about()).pid, before.pid);
    assert.equal((await status("nap/0")).pid, pid);
    await until("the journal to be there again", () => existsSync(join(home.run, "journal")), { timeout: 30_000 });
    process.kill(before.pid, "SIGKILL");
    await about();
    assert.equal((await status("nap/0")).pid, pid);
  });
});

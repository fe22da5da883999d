import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

/** Inodes of all that is in an epoll set of a process: see proc_pid_fdinfo(5). */
function polled(pid: number): number[] {
  const infos = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => infoOf(pid, fd));
  return infos.flatMap((info) => [...info.matchAll(/^tfd:.* ino:([0-9a-f]+) /gm)].map(([, inode]) => Number.parseInt(inode ?? "", 16)));
}

/** Nothing of one that was closed meanwhile. */
function infoOf(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1");
  } catch {
    return "";
  }
}

test("neither init nor the supervisor ever polls a service's pipe, nor do those that come after them", async (t) => {
  const s = await supervised(t);
  await s.apply({ web: { command: ["sh", "-c", "while echo line; do sleep 0.05; done"] } });
  const size = () => statSync(join(s.home.log, "web/0.log")).size;
  const [service] = await s.client.list("web");
  const pipe = statSync(`/proc/${service?.instances[0]?.pid}/fd/1`).ino;
  for (const victim of ["none", "supervisor", "init"] as const) {
    if (victim !== "none") process.kill(victim === "init" ? (await s.client.about()).init.pid : (await s.client.about()).pid, "SIGKILL");
    const before = size();
    const about = await until("a supervisor that sees lines come", async () => {
      const about = await s.client.about().catch(() => undefined);
      return size() > before + 50 ? about : undefined;
    });
    for (const pid of [about.pid, about.init.pid]) {
      const all = polled(pid);
      assert.ok(all.length > 0 && !all.includes(pipe), `${pid} after ${victim}: ${pipe} among ${all}`);
    }
  }
});

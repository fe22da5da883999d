import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { answers, live, naming, type Server } from "../fixtures/supervised2/servers.ts";
import { findProgram, needsProgram } from "../support/needs.ts";
import { supervised } from "../support/supervised.ts";
import { freeAddress } from "../system/sockets.ts";

const skip = needsProgram("redis-server");

for (const kind of ["foreground", "forking"] as const) {
  test(`Redis, ${kind}: it is killed and comes back, outlives the supervisor, and is stopped with all of it`, { skip }, async (t) => {
    const s = await supervised(t);
    const address = await freeAddress();
    const pidFile = join(s.dir, "redis.pid");
    const command = [
      findProgram("redis-server") ?? "",
      "--dir",
      s.dir,
      "--save",
      "",
      "--bind",
      address.host,
      "--port",
      String(address.port),
    ];
    await s.apply({
      redis:
        kind === "foreground"
          ? { command: [...command, "--supervised", "systemd"], ready: "notify", restart: { stable: "1ms" } }
          : {
              command: [...command, "--daemonize", "yes", "--pidfile", pidFile],
              type: "forking",
              pidFile,
              ready: { port: `${address.host}:${address.port}` },
              restart: { stable: "1ms" },
            },
    });
    const server: Server = {
      service: "redis",
      serves: () => answers(address, "PING\r\n", /^\+PONG/),
      processes: () => naming(`${address.host}:${address.port}`),
    };
    // Ready means that it can be used.
    assert.ok(await server.serves());
    assert.equal(server.processes().length, 1);
    assert.equal((await s.status("redis/0")).pid, server.processes()[0]);
    if (kind === "forking") assert.equal(Number(readFileSync(pidFile, "utf8")), server.processes()[0]);
    await live(s, server);
  });
}

import { test } from "node:test";
import { answers, live, naming } from "../fixtures/supervised2/servers.ts";
import { findProgram, isRoot, needsProgram } from "../support/needs.ts";
import { supervised } from "../support/supervised.ts";
import { freeAddress } from "../system/sockets.ts";

test("memcached: it is killed and comes back, outlives the supervisor, and is stopped", { skip: needsProgram("memcached") }, async (t) => {
  const s = await supervised(t);
  const address = await freeAddress();
  const { host, port } = address;
  await s.apply({
    memcached: {
      command: [findProgram("memcached") ?? "", "-l", host, "-p", String(port), "-U", "0", ...(isRoot ? ["-u", "nobody"] : [])],
      ready: { port: `${host}:${port}` },
      restart: { stable: "1ms" },
    },
  });
  await live(s, {
    service: "memcached",
    serves: () => answers(address, "version\r\n", /^VERSION/),
    processes: () => naming(`-l ${host} -p ${port}`),
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { live } from "../fixtures/supervised2/servers.ts";
import { needsProgram } from "../support/needs.ts";
import { supervised } from "../support/supervised.ts";
import { fetchOnce, freeAddress } from "../system/sockets.ts";

test("Python's HTTP server: it is killed and comes back, outlives the supervisor, and is stopped", {
  skip: needsProgram("python3"),
}, async (t) => {
  const s = await supervised(t);
  const { host, port } = await freeAddress();
  writeFileSync(join(s.dir, "page"), "hello");
  await s.apply({
    python: {
      command: ["python3", "-m", "http.server", "--bind", host, "--directory", s.dir, String(port)],
      ready: { url: `http://${host}:${port}/page`, timeout: "60s" },
      restart: { stable: "1ms" },
    },
  });
  await live(s, {
    service: "python",
    serves: () =>
      fetchOnce({ host, port }, "/page").then(
        ({ body }) => body === "hello",
        () => false,
      ),
    processes: () => s.processes("python/0"),
  });
});

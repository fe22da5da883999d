import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { familyOf, live, naming, type Server, stopped } from "../fixtures/supervised2/servers.ts";
import { findProgram, needsProgram } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { fetchOnce, freeAddress } from "../system/sockets.ts";

const skip = needsProgram("nginx");
const WORKERS = 2;

test("nginx in the foreground: killed, adopted, reloaded by SIGHUP and stopped with its workers", { skip }, async (t) => {
  const { s, server, configure, greeting } = await nginx(t, "daemon off;", {});
  const { pid } = await s.status("nginx/0");
  const before = await until("the workers", () => workers(pid));
  configure("two");
  const { instances } = await s.client.act({ selector: "nginx", action: "reload" });
  assert.equal(instances[0]?.outcome, "done");
  await until("the new configuration", async () => (await greeting()) === "two");
  await until("new workers only", () => before.every((worker) => !isAlive(worker)));
  assert.equal((await s.status("nginx/0")).pid, pid, "the same master");
  await live(s, server);
});

test("nginx that daemonizes itself is followed by its pid file", { skip }, async (t) => {
  const { s, server, dir, configure, greeting } = await nginx(t, "daemon on;", { type: "forking" });
  const { pid } = await s.status("nginx/0");
  assert.equal(pid, Number(readFileSync(join(dir, "nginx.pid"), "utf8")));
  configure("three");
  await s.client.act({ selector: "nginx", action: "reload" });
  await until("the new configuration", async () => (await greeting()) === "three");
  await live(s, server);
});

test("nginx whose configuration has a mistake fails with its own words", { skip }, async (t) => {
  const { s, server, dir } = await nginx(t, "daemon off;", { restart: "never" });
  await stopped(s, server);
  writeFileSync(join(dir, "nginx.conf"), "no_such_directive on;\n");
  const { instances } = await s.client.act({ selector: "nginx", action: "start" });
  assert.equal(instances[0]?.outcome, "failed");
  const [explanation] = await s.client.why("nginx");
  assert.match(explanation?.sentence ?? "", /exit status 1/);
  assert.ok(
    explanation?.lastOutput.some((line) => line.includes("no_such_directive")),
    explanation?.lastOutput.join("\n"),
  );
});

async function nginx(t: TestContext, daemon: string, more: ServiceConfig) {
  const s = await supervised(t);
  const dir = join(s.dir, "nginx");
  for (const folder of ["tmp", "html"]) mkdirSync(join(dir, folder), { recursive: true });
  const address = await freeAddress();
  const file = join(dir, "nginx.conf");
  const configure = (greeting: string) => writeFileSync(file, configuration(dir, address, greeting, daemon));
  configure("one");
  const greeting = async () => (await fetchOnce(address)).body;
  await s.apply({
    nginx: {
      command: [findProgram("nginx") ?? "nginx", "-e", "stderr", "-p", dir, "-c", file],
      ready: { port: `${address.host}:${address.port}` },
      reload: { signal: "SIGHUP" },
      stop: { signal: "SIGQUIT" },
      restart: { stable: "1ms" },
      ...(more.type === "forking" ? { pidFile: join(dir, "nginx.pid") } : {}),
      ...more,
    },
  });
  let master: number | null = null;
  const server: Server = {
    service: "nginx",
    serves: () => greeting().then(Boolean, () => false),
    processes: () => {
      master = naming(file)[0] ?? null;
      return familyOf(master);
    },
  };
  await until("nginx to serve", server.serves);
  return { s, dir, server, configure, greeting };
}

function workers(master: number | null): number[] | undefined {
  const [, ...found] = familyOf(master);
  return found.length === WORKERS ? found : undefined;
}

function configuration(
  dir: string,
  { host, port }: { readonly host: string; readonly port: number },
  greeting: string,
  daemon: string,
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/tmp/${name};`);
  return `
${daemon}
user root;
worker_processes ${WORKERS};
pid ${dir}/nginx.pid;
lock_file ${dir}/nginx.lock;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  server { listen ${host}:${port}; location / { return 200 "${greeting}"; } }
}
`;
}

/**
 * Shows what there is, on real programs, in a folder of its own: `npm run demo`.
 * What it starts it ends, also when something goes wrong or Ctrl-C is pressed.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.ts";

const folder = mkdtempSync(join(tmpdir(), "daemonitor-demo-"));
const command = join(root, "bin", "daemonitor.cjs");
const port = await freePort();
const pidFiles: string[] = [];
/** Of the supervisor, for this demo alone. */
const home = join(folder, "home");
process.env.DAEMONITOR_HOME = home;
let isSupervised = false;
const WEB = {
  command: [process.execPath, "-e", "require('http').createServer((_, r) => r.end('hello')).listen({ fd: 3 })"],
  instances: 2,
  sockets: { http: `tcp://127.0.0.1:${port}` },
  restart: { stable: "100ms" },
};
const JOB = { command: ["sh", "-c", "echo working; sleep 1; echo done; exec sleep 1000"], dependsOn: { web: "ready" } };

process.once("SIGINT", () => process.exit(130));
process.once("exit", () => {
  for (const pidFile of pidFiles) spawnSync(process.execPath, [command, "stop", "--pid-file", pidFile], { stdio: "ignore" });
  if (isSupervised) spawnSync(process.execPath, [command, "shutdown", "--force"], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
});

title("Is a daemon what the books say it is, on this machine?");
daemonitor("selftest", "--log", join(folder, "createDaemon.log"));

title("Any program as a daemon: the command returns when it really runs, and 127 when it can't");
const sleeper = managed("sleep.pid");
daemonitor("daemonize", "--pid-file", sleeper, "--", "sleep", "1000");
daemonitor("status", "--pid-file", sleeper);
daemonitor("daemonize", "--pid-file", sleeper, "--", "sleep", "1000");
daemonitor("daemonize", "--", "no-such-program");
daemonitor("stop", "--pid-file", sleeper);

title("A program that dies before it is ready: why, not just that");
daemonitor("daemonize", "--ready", "notify", "--stderr", join(folder, "err.log"), "--", "sh", "-c", "echo 'no licence found' >&2; exit 3");

title("A Node web server that daemonizes itself");
cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
const server = managed("examples/http-server.pid");
writeConfig(port);
shown(`node examples/http-server.ts examples/http-server.json`, process.execPath, [
  join(root, "examples/http-server.ts"),
  join(folder, "examples/http-server.json"),
]);
daemonitor("status", "--pid-file", server);
shown(`fetch http://127.0.0.1:${port}/`, process.execPath, [
  "-e",
  `fetch("http://127.0.0.1:${port}/").then(async (r) => console.log(r.status, (await r.text()).trim()))`,
]);
daemonitor("stop", "--pid-file", server);
console.log(`\nits log:\n${indent(readFileSync(join(folder, "examples/http-server.log"), "utf8"))}`);

if (existsSync("/usr/bin/redis-server")) {
  title("Redis: back at the prompt only when it can be used");
  const redis = managed("redis.pid");
  const flags = ["--port", "0", "--unixsocket", join(folder, "redis.sock"), "--save", "", "--supervised", "systemd"];
  daemonitor(
    "daemonize",
    "--ready",
    "notify",
    "--pid-file",
    redis,
    "--stdout",
    join(folder, "redis.log"),
    "--cwd",
    folder,
    "--",
    "redis-server",
    ...flags,
  );
  daemonitor("status", "--pid-file", redis);
  daemonitor("stop", "--pid-file", redis);
}

title("Services that are kept up: two instances, killed, and started again within milliseconds");
isSupervised = true;
writeFileSync(join(folder, "daemonitor.config.json"), JSON.stringify({ services: { web: WEB, job: JOB } }, null, 2));
daemonitor("check");
daemonitor("apply");
daemonitor("status");
killMain("web/0");
daemonitor("status");
daemonitor("why", "web/0");

title("Kill the supervisor, and then init as well: the services don't notice");
killTree("supervisor");
daemonitor("status");
killTree("both");
daemonitor("status");

title("What a service wrote, and what happened");
console.log(`\n$ cat log/job/0.log\n${indent(readFileSync(join(home, "log/job/0.log"), "utf8"))}`);
daemonitor("events", "web");
daemonitor("shutdown");
isSupervised = false;

title("What is done between fork and exec");
daemonitor("daemonize", "--dry-run", "--", "sleep", "1000");
console.log("\nEverything that was started has ended. See README.md for more.");

function title(text: string): void {
  console.log(`\n── ${text}`);
}

function daemonitor(...args: string[]): void {
  shown(`daemonitor ${args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg}'`)).join(" ")}`, process.execPath, [
    command,
    ...args,
  ]);
}

interface Seen {
  readonly supervisor: { readonly pid: number; readonly init: { readonly pid: number } };
  readonly services: readonly { readonly instances: readonly { readonly name: string; readonly pid: number }[] }[];
}

function seen(): Seen {
  return JSON.parse(spawnSync(process.execPath, [command, "status", "--json"], { encoding: "utf8" }).stdout) as Seen;
}

function killMain(instance: string): void {
  const found = seen()
    .services.flatMap(({ instances }) => instances)
    .find(({ name }) => name === instance);
  if (found !== undefined) kill(found.pid, instance);
}

function killTree(victim: "supervisor" | "both"): void {
  const { supervisor } = seen();
  if (victim === "both") kill(supervisor.init.pid, "daemonitor-init");
  kill(supervisor.pid, "the supervisor");
}

function kill(pid: number, what: string): void {
  console.log(`\n$ kill -9 ${pid}    # ${what}`);
  process.kill(pid, "SIGKILL");
  spawnSync("sleep", ["0.1"]);
}

/** The command as a person would type it, what it said, and its exit code where that isn't 0. */
function shown(line: string, file: string, args: readonly string[]): void {
  console.log(`\n$ ${line.replaceAll(folder, "…")}`);
  const { status, signal, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", cwd: folder, timeout: 60_000 });
  const said = `${stdout}${stderr}`.replaceAll(folder, "…").trimEnd();
  if (said !== "") console.log(indent(said));
  if (status !== 0) console.log(indent(`(exit ${status ?? signal})`));
}

function managed(name: string): string {
  const path = join(folder, name);
  pidFiles.push(path);
  return path;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function writeConfig(chosen: number): void {
  const path = join(folder, "examples/http-server.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...config, port: chosen }));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

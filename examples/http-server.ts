/**
 * A web server that daemonizes itself, by the conventions of APUE ch. 13.6: a pid
 * file, a configuration file, a log file. SIGHUP reads the configuration again and
 * opens the log again, SIGTERM lets the requests end that are under way.
 *
 *   node examples/http-server.ts examples/http-server.json
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { createDaemon } from "daemonitor";

interface Config {
  readonly pidFile: string;
  readonly logFile: string;
  /** Read at the start only. */
  readonly host: string;
  /** Read at the start only; 0 lets the kernel choose. */
  readonly port: number;
  readonly greeting: string;
}

// Paths are resolved before the daemon changes to "/".
const configFile = resolve(process.argv[2] ?? "http-server.json");
let config = readConfig();

// The launcher waits until the server listens, and exits with an error if it can't.
const daemon = createDaemon({ pidFile: config.pidFile, name: "http-server", umask: 0o022, ready: "manual", errors: "exit" });

let logFd = openLog();

const server = createServer((request, response) => {
  log(`${request.method} ${request.url}`);
  response.end(`${config.greeting}\n`);
});
server.on("error", (error) => daemon.fail(error));
server.listen(config.port, config.host, () => {
  const { address, port } = server.address() as AddressInfo;
  log(`process ${daemon.pid} listens on http://${address}:${port}/`);
  daemon.ready();
});

process.on("SIGHUP", () => {
  try {
    config = readConfig();
    const reopened = openLog();
    closeSync(logFd);
    logFd = reopened;
    log("configuration read again");
  } catch (error) {
    // A mistake in the file must not end a server that works.
    log(`goes on with the old configuration: ${error}`);
  }
});

process.on("SIGTERM", () => {
  log("SIGTERM: no new requests");
  server.close(() => {
    log("ended");
    process.exit(0);
  });
});

function readConfig(): Config {
  const { pidFile, logFile, ...rest } = JSON.parse(readFileSync(configFile, "utf8")) as Config;
  const besideIt = (path: string): string => resolve(configFile, "..", path);
  return { ...rest, pidFile: besideIt(pidFile), logFile: besideIt(logFile) };
}

function openLog(): number {
  return openSync(config.logFile, "a", 0o640);
}

function log(line: string): void {
  writeSync(logFd, `${new Date().toISOString()} ${line}\n`);
}

/** Other supervisors, each with the same program as its services: how they are started, and where they are. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Context } from "./benchmark.ts";
import { type Contender, now, program } from "./harness.ts";
import { find } from "./peers.ts";
import { endProcessesOf, MARK } from "./supervisorProcesses.ts";
import { type Stamps, stampProgram } from "./supervisorStamps.ts";
import { newStamps } from "./supervisorTree.ts";

/** A supervisor that runs. */
export interface PeerTree {
  readonly directory: string;
  readonly stamps: Stamps;
  /** When its program was started, in milliseconds on the clock of `now()`. */
  readonly begun: number;
  /** Its `status`, for those that have one. */
  readonly status?: Contender;
  end(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** The program of it that has to be there. */
  readonly program: string;
  /** With so many services; returns before they run. `starts`: how many of them there will be at the most, restarts included. */
  start(context: Context, services: number, starts: number): PeerTree;
}

/** As its manual has it, runsv(8): `run` is a shell script, which sets up what a service needs and executes it. */
export const runit: Peer = { name: "runit (runsv)", program: "runsv", start: oneService("runsv", true) };
/** The least that it can do: `run` is the program, which then has no directory, environment or output of its own. */
export const runitBare: Peer = { name: "runit (runsv), run is the bare program", program: "runsv", start: oneService("runsv") };
export const s6: Peer = { name: "s6 (s6-supervise)", program: "s6-supervise", start: oneService("s6-supervise") };
/** With 1,000 services at the most, unless it was compiled otherwise. */
export const runsvdir: Peer = { name: "runit (runsvdir)", program: "runsvdir", start: scanned("runsvdir", () => []) };
export const s6Scan: Peer = {
  name: "s6 (s6-svscan)",
  program: "s6-svscan",
  start: scanned("s6-svscan", (services) => ["-c", String(services + 10)]),
};
export const supervisord: Peer = { name: "supervisord", program: "supervisord", start: startSupervisord };
export const pm2: Peer = { name: "pm2", program: "pm2", start: startPm2 };

/** Those that are installed, and a line about each that isn't. */
export function installed(peers: readonly Peer[]): { readonly peers: readonly Peer[]; readonly notes: readonly string[] } {
  const isThere = ({ program: file }: Peer) => locate(file) !== undefined;
  return {
    peers: peers.filter(isThere),
    notes: peers.filter((peer) => !isThere(peer)).map(({ name, program: file }) => `${name}: ${file} is not installed, left out`),
  };
}

/** Where a peer's program is; PM2_PATH may name a directory for pm2, such as …/node_modules/.bin. */
export function locate(file: string): string | undefined {
  const { PM2_PATH } = process.env;
  return file === "pm2" && PM2_PATH !== undefined ? join(PM2_PATH, "pm2") : find(file);
}

/** What pm2 needs to be one of its own, which knows nothing of the user's and asks nobody. */
export function pm2Environment(directory: string): NodeJS.ProcessEnv {
  const node = join(process.execPath, "..");
  return {
    ...process.env,
    PATH: `${node}${delimiter}${process.env.PATH ?? ""}`,
    PM2_HOME: join(directory, "pm2"),
    PM2_DISCRETE_MODE: "true",
    PM2_DISABLE_VERSION_CHECK: "true",
    [MARK]: directory,
  };
}

function prepare(context: Context, starts: number) {
  const directory = mkdtempSync(join(context.directory, "peer-"));
  const stamps = newStamps(directory, starts);
  const end = async () => {
    stamps.close();
    await endProcessesOf(directory);
  };
  return { directory, stamps, end, env: { ...process.env, STAMPS: stamps.path, [MARK]: directory } };
}

/** Its service is a directory with a program `run`. */
function serviceDirectory(context: Context, directory: string, isScript = false): string {
  mkdirSync(directory, { recursive: true });
  const [run, stamp] = [join(directory, "run"), stampProgram(context.directory)];
  if (isScript) writeFileSync(run, `#!/bin/sh\nexec 2>&1\nexec ${stamp}\n`, { mode: 0o755 });
  else symlinkSync(stamp, run);
  return directory;
}

function oneService(file: string, isScript = false): Peer["start"] {
  return (context, services, starts) => {
    if (services !== 1) throw new Error(`${file} has one service`);
    const { env, ...tree } = prepare(context, starts);
    return { ...tree, begun: inBackground(file, [serviceDirectory(context, join(tree.directory, "service"), isScript)], env) };
  };
}

function scanned(file: string, flags: (services: number) => readonly string[]): Peer["start"] {
  return (context, services, starts) => {
    const { env, ...tree } = prepare(context, starts);
    const scan = join(tree.directory, "scan");
    for (let number = 0; number < services; number++) serviceDirectory(context, join(scan, `service-${number}`));
    return { ...tree, begun: inBackground(file, [...flags(services), scan], env) };
  };
}

function startSupervisord(context: Context, services: number, starts: number): PeerTree {
  const { env, ...tree } = prepare(context, starts);
  const { directory } = tree;
  const socket = join(directory, "socket");
  const file = join(directory, "supervisord.conf");
  const programs = Array.from(
    { length: services },
    (_, number) => `[program:service-${number}]\ncommand=${stampProgram(context.directory)}\nstdout_logfile=NONE\nstderr_logfile=NONE\n`,
  );
  writeFileSync(
    file,
    [
      `[supervisord]\nnodaemon=true\nminfds=1024\nlogfile=${join(directory, "log")}\npidfile=${join(directory, "pid")}\n`,
      `[unix_http_server]\nfile=${socket}\n`,
      "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
      `[supervisorctl]\nserverurl=unix://${socket}\n`,
      ...programs,
    ].join("\n"),
  );
  const begun = inBackground("supervisord", ["-c", file], env);
  const control = locate("supervisorctl");
  return control === undefined ? { ...tree, begun } : { ...tree, begun, status: program(control, ["-c", file, "status"]) };
}

function startPm2(context: Context, services: number, starts: number): PeerTree {
  const { env: marked, ...tree } = prepare(context, starts);
  const { directory } = tree;
  const pm2Program = locate("pm2") ?? "pm2";
  const env = { ...marked, ...pm2Environment(directory) };
  const file = join(directory, "ecosystem.config.json");
  const stamp = stampProgram(context.directory);
  const apps = Array.from({ length: services }, (_, number) => ({
    ...{ name: `service-${number}`, script: stamp, interpreter: "none", exec_mode: "fork", cwd: directory },
    ...{ out_file: "/dev/null", error_file: "/dev/null" },
  }));
  writeFileSync(file, JSON.stringify({ apps }));
  const begun = now();
  // Its first command becomes the daemon's parent, and returns when the services run.
  const { error, status, stderr } = spawnSync(pm2Program, ["start", file, "--silent"], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (error !== undefined || status !== 0) throw new Error(`pm2 could not start its services: ${error?.message ?? stderr.trim()}`);
  return { ...tree, begun, status: program(pm2Program, ["ls"], { env }) };
}

function inBackground(file: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const begun = now();
  const child = spawn(locate(file) ?? file, args, { env, detached: true, stdio: "ignore" });
  child.unref();
  return begun;
}

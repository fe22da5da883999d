/** The supervisor's program: what init runs, and runs again whenever it dies. */
import { closeSync, rmSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { DaemonError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { exitPromptly } from "../native/promptExit.ts";
import { takeInherited } from "../supervisor/init/inherited.ts";
import { begin } from "../supervisor/shell/begin.ts";
import { endTree } from "../supervisor/shell/endTree.ts";
import { FOREGROUND_RUN, readForegroundRun } from "../supervisor/shell/foregroundRun.ts";
import { runForeground } from "../supervisor/shell/runForeground.ts";
import { RunOutput } from "../supervisor/shell/runOutput.ts";
import { type Home, resolveHome } from "../supervisor/state/home.ts";
import { TREE_LOCK, TreeLock } from "../supervisor/state/treeLock.ts";
import { relaunch } from "../supervisor/tree/launchInit.ts";
import { type Begun, cantBegin } from "./cantBegin.ts";
import { keepCompiled } from "./compileCache.ts";
import { Footing } from "./footing.ts";
import { API_SOCKET } from "./prepareTree.ts";
import { serveApi } from "./server.ts";
import { removeTrouble } from "./trouble.ts";

/** Milliseconds until a new init is tried again. */
const TRY_AGAIN = 500;

exitPromptly();
const inherited = takeInherited(process.env);
if (inherited === undefined) {
  console.error('daemonitor: this program is started by daemonitor-init: use "daemonitor start"');
  process.exit(64);
}
const begun: Begun = { inherited, home: undefined, client: undefined };
main(begun).catch((error: unknown) => cantBegin(error, begun));

async function main(begun: Begun): Promise<void> {
  const { inherited } = begun;
  const home = resolveHome(process.env, process.geteuid?.() ?? 0);
  begun.home = home;
  const lock = lockOf(home, inherited.held.get(TREE_LOCK));
  const socket = inherited.held.get(API_SOCKET);
  if (socket === undefined) throw new Error("init holds no control socket");
  const api = native().duplicate(socket, 3);
  const runFile = inherited.held.get(FOREGROUND_RUN);
  const run = runFile === undefined ? undefined : readForegroundRun(runFile);
  const notifyAddress = process.env.NOTIFY_SOCKET;
  delete process.env.NOTIFY_SOCKET;
  // Init may die before it is there.
  let footing: Footing | undefined;
  let output: RunOutput | undefined;
  const end = async (exitCode: number) => {
    await output?.end();
    footing?.end();
    void endTree(supervisor, server, () => rmSync(home.socket, { force: true }), exitCode);
  };
  const { control, supervisor, commands } = await begin({
    home,
    // What one run brings along doesn't touch what was saved.
    desiredStateFile: run === undefined || run.services === null ? home.desiredStateFile : join(home.state, "run.json"),
    inherited,
    env: process.env,
    version: manifest.version,
    mode: run === undefined ? "daemon" : "foreground",
    opened: (client) => {
      begun.client = client;
    },
    initGone: (held) => {
      // Who started a tree in the foreground starts the next one.
      if (run !== undefined) process.exit(1);
      succeed(new Map([...held, [TREE_LOCK, (footing?.lock ?? lock).fd], [API_SOCKET, footing?.socket ?? socket]]));
    },
    end: () => void end(0),
  });
  const { client, problems } = supervisor.context;
  const report = (message: string) => problems.tell("runtime directory", message);
  footing = new Footing({ home, client, lock, socket, serve: (fd) => serve(fd), report });
  if (lock.fd !== inherited.held.get(TREE_LOCK)) await client.hold(TREE_LOCK, lock.fd);
  const serve = (fd: number) => serveApi(control, { fd, owner: process.geteuid?.() ?? 0, version: manifest.version });
  const server = await serve(api);
  removeTrouble(home);
  footing.watch();
  await footing.look();
  keepCompiled();
  if (run !== undefined) {
    const reportOutput = (problem: string | undefined) =>
      problem === undefined ? problems.resolve("output", "is printed again") : problems.report("output", problem);
    output = RunOutput.of({ command: run.printer ?? [], held: inherited.held, client, report: reportOutput });
    return runForeground(run, { control, supervisor, commands, notifyAddress, output, end: (code) => void end(code) });
  }
  supervisor.onInitSignal((signal) => {
    // Somebody ends the machine, or this tree, without asking us.
    if (signal === "SIGTERM" || signal === "SIGINT" || signal === "SIGPWR") {
      void control.shutdown({ by: `${signal} to init` }).catch(() => {});
    }
  });
}

/** The lock that init held, or a new one where somebody removed its file. */
function lockOf(home: Home, held: number | undefined): TreeLock {
  if (held === undefined) return TreeLock.acquire(home.lockFile);
  try {
    return TreeLock.adopt(held, home.lockFile);
  } catch (error) {
    if (!(error instanceof DaemonError) || error.code !== "ERR_STATE_FILE") throw error;
    closeSync(held);
    return TreeLock.acquire(home.lockFile);
  }
}

/** Init is dead: a new one takes over all that it held, with a supervisor that adopts the services; ours ends. */
function succeed(held: ReadonlyMap<string, number>): void {
  try {
    // As this one was started: whoever has another program for it, or flags, keeps them.
    relaunch(held, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
    process.exit(0);
  } catch (error) {
    console.error(`daemonitor: init is dead, and a new one can't be started: ${(error as Error).message}; trying again`);
    setTimeout(() => succeed(held), TRY_AGAIN);
  }
}

/** The tree that is killed: started, asked, and ended for good. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../../src/api/client.ts";
import { connect } from "../../src/api/connect.ts";
import { type PreparedTree, prepareTree } from "../../src/api/prepareTree.ts";
import { supervisorLog } from "../../src/api/treeFiles.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { launch } from "../../src/launch/run.ts";
import { chdir, closeFdsFrom, dup, exec, fork, openAt, plan, setsid } from "../../src/launch/steps.ts";
import { initProgram, native } from "../../src/native/addon.ts";
import type { SupervisorStatus } from "../../src/supervisor/control.ts";
import type { Identity } from "../../src/supervisor/events.ts";
import { type Home, resolveHome } from "../../src/supervisor/state/home.ts";
import { readIdentity, signalProcess } from "../../src/supervisor/tree/identity.ts";
import { treeEnvironment } from "../../src/supervisor/tree/treeEnvironment.ts";
import { cgroupsOf } from "../support/homeProcesses.ts";
import { allPids, isAlive, readList } from "../support/process.ts";
import { until } from "../support/wait.ts";

export interface Pair {
  readonly init: Identity;
  readonly supervisor: Identity;
}

/** The second and later supervisors of an init come after so many milliseconds: a run has no time for the usual ones. */
const RESTART_DELAY = "20:100:60000";

export class Tree {
  readonly home: Home;
  readonly #supervisor: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  /** In the environment of init and supervisor. */
  readonly #mark: string;
  /** Somebody kills init: then a command that finds nobody any more is given once more. Else it must not come to that. */
  initIsVictim = false;
  /** Those who ask at the moment. */
  readonly #asking = new Set<symbol>();
  #isOver = false;
  /** The last init that was started by us. */
  started = 0;

  /** @param evidence where fault plans are looked for */
  constructor(directory: string, evidence: string) {
    this.#env = { ...process.env, DAEMONITOR_HOME: directory };
    this.#mark = `DAEMONITOR_HOME=${directory}`;
    this.home = resolveHome(this.#env, process.geteuid?.() ?? 0);
    this.#supervisor = [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "supervisorProgram.ts"),
      evidence,
    ];
  }

  /** The first one, like startTree's but for the delay. Later ones are made by whoever finds none. */
  start(): void {
    const prepared = this.#prepare();
    const log = openSync(supervisorLog(this.home), "a");
    const held = [...prepared.held.values()];
    const holds = [...prepared.held].flatMap(([name, fd]) => ["--hold", `${name}=${fd}`]);
    const program = initProgram();
    for (const fd of held) native().setCloseOnExec(fd, false);
    const { pid, pidfd } = launch(
      plan(
        ...[fork(), setsid(), fork(), chdir("/"), closeFdsFrom(0, { except: [log, ...held].sort((one, other) => one - other) })],
        ...[openAt(0, "/dev/null", "r"), dup(log, 1), dup(log, 2)],
        exec(program, ["daemonitor-init", ...holds, "--delay", RESTART_DELAY, "--", ...this.#supervisor], treeEnvironment(this.#env)),
      ),
    );
    this.started = pid;
    closeSync(pidfd);
    closeSync(log);
    prepared.close();
  }

  /** The lock of a tree that was just killed is free as soon as both of them are gone. */
  #prepare(): PreparedTree {
    for (const deadline = Date.now() + 10_000; ; ) {
      try {
        return prepareTree(this.home);
      } catch (error) {
        if (!(error instanceof DaemonError && error.code === "ERR_SUPERVISOR_RUNNING") || Date.now() > deadline) throw error;
      }
    }
  }

  /** Compiles the supervisor's modules for all starts to come: one that is killed can't leave behind what it compiled. */
  warmUp(): void {
    const [file = "", ...args] = this.#supervisor;
    // Without init it says so, and ends.
    spawnSync(file, args, { stdio: "ignore", timeout: 60_000 });
  }

  /** Asks as a command does: a tree that is dead altogether is started. */
  async ask<T>(request: (client: Client) => Promise<T>): Promise<T> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (this.#isOver) throw new Error("the crash run is over");
      let client: Client | undefined;
      const asking = Symbol();
      this.#asking.add(asking);
      try {
        client = await connect(this.home, { start: "always", supervisor: this.#supervisor, env: this.#env, patience: 30_000 });
        return await request(client);
      } catch (error) {
        const nobody = error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR";
        if (!this.initIsVictim || !nobody || Date.now() > deadline) throw error;
      } finally {
        this.#asking.delete(asking);
        client?.close();
      }
    }
  }

  async pair(): Promise<Pair & { readonly about: SupervisorStatus }> {
    return until(
      "init and supervisor",
      async () => {
        const about = await this.ask((client) => client.about());
        const [init, supervisor] = [readIdentity(about.init.pid), readIdentity(about.pid)];
        return init !== undefined && supervisor !== undefined && { init, supervisor, about };
      },
      { timeout: 60_000 },
    );
  }

  /** Ends everything of this home and of the run, at once and for good: nobody starts it again. */
  async end(run: string): Promise<void> {
    this.#isOver = true;
    const removeCgroups = cgroupsOf(this.home);
    // Whoever is just starting a tree has to be waited for.
    await until("the tree and its services to end", () => this.strike(run) === 0 && this.#asking.size === 0, { timeout: 60_000 });
    await removeCgroups();
  }

  /** SIGKILL to all that lives of this home and of the run. Returns how many there were. */
  strike(run: string): number {
    const marks = [this.#mark, `CRASH_RUN=${run}`];
    const left = allPids().filter((pid) => pid !== process.pid && isAlive(pid) && carries(pid, marks));
    for (const pid of left) {
      const identity = readIdentity(pid);
      // Looked at again after the identity is fixed: the number may have become another's.
      if (identity !== undefined && carries(pid, marks)) kill(identity);
    }
    return left.length;
  }
}

export function kill(victim: Identity): void {
  signalProcess(victim, "SIGKILL");
}

function carries(pid: number, entries: readonly string[]): boolean {
  try {
    return readList(pid, "environ").some((one) => entries.includes(one.toString()));
  } catch {
    return false;
  }
}

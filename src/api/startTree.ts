/** Starts the tree of a home: daemonitor-init, and in it the supervisor. */
import { closeSync, constants, openSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import type { Home } from "../supervisor/state/home.ts";
import { launchInit } from "../supervisor/tree/launchInit.ts";
import { withCompileCache } from "./compileCache.ts";
import { prepareTree } from "./prepareTree.ts";
import { supervisorCommand } from "./supervisorProgram.ts";
import { supervisorLog } from "./treeFiles.ts";

export interface StartTreeOptions {
  /** The supervisor's program and its arguments. Default: our own. */
  readonly supervisor?: readonly string[];
  /** What the tree's environment is taken from, see treeEnvironment. Default: process.env. It must lead to the same home. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Makes a daemon of a new tree. When this returns, the control socket takes connections, which wait until the supervisor
 * is there. What the supervisor itself has to say goes to `supervisor.log` in the home's log directory.
 *
 * @returns the pid of init
 * @throws DaemonError ERR_SUPERVISOR_RUNNING where the home has a tree; else the step that failed, and then nothing runs
 *
 * @example
 * startTree(resolveHome(process.env, process.geteuid()));
 */
export function startTree(home: Home, { supervisor = supervisorCommand(), env = process.env }: StartTreeOptions = {}): number {
  const tree = prepareTree(home);
  try {
    const log = openLog(supervisorLog(home));
    try {
      const pid = launchInit({ held: tree.held, supervisor, env: withCompileCache(env, home), log });
      tree.close();
      return pid;
    } finally {
      closeSync(log);
    }
  } catch (error) {
    tree.abandon();
    throw error;
  }
}

function openLog(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NOCTTY, O_NONBLOCK } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0o640);
  } catch (error) {
    throw DaemonError.from(error, "supervisor log", path, "remove what stands there, or make room for it");
  }
}

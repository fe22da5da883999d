/** A tree in the foreground: this very process becomes daemonitor-init. */
import { isatty } from "node:tty";
import type { ServiceSpec } from "../service/specTypes.ts";
import { FOREGROUND_RUN, writeForegroundRun } from "../supervisor/shell/foregroundRun.ts";
import { OUTPUT_MEMORY, OutputMemory } from "../supervisor/shell/outputMemory.ts";
import type { Home } from "../supervisor/state/home.ts";
import type { MonitorConfig } from "../supervisor/state/monitorShape.ts";
import { becomeInit } from "../supervisor/tree/launchInit.ts";
import { prepareTree } from "./prepareTree.ts";
import type { StartTreeOptions } from "./startTree.ts";
import { supervisorCommand } from "./supervisorProgram.ts";

export interface RunTreeOptions extends StartTreeOptions {
  /** What prints the services' output on ours: program and arguments. Default: it is not printed. */
  readonly printer?: readonly string[];
  /** The disks to look at and whom to alert, beside `services`. */
  readonly monitor?: MonitorConfig | undefined;
}

/**
 * Its pid, session and standard streams stay; its exit code will be that of the tree.
 *
 * @param services the only ones that are to be; null brings up those that were saved
 * @returns only by throwing: DaemonError ERR_SUPERVISOR_RUNNING where the home has a tree, or the step that failed
 *
 * @example
 * runTree(home, config.services);
 */
export function runTree(
  home: Home,
  services: readonly ServiceSpec[] | null,
  { supervisor = supervisorCommand(), env = process.env, printer, monitor }: RunTreeOptions = {},
): never {
  const tree = prepareTree(home);
  try {
    const terminal = isatty(0) || isatty(2);
    const fd = writeForegroundRun({
      mode: "foreground",
      services,
      terminal,
      ...(monitor === undefined ? {} : { monitor }),
      ...(printer === undefined ? {} : { printer }),
    });
    const held = new Map([...tree.held, [FOREGROUND_RUN, fd]]);
    // What is in the logs by now is of an earlier run.
    if (printer !== undefined) held.set(OUTPUT_MEMORY, OutputMemory.create(home.log));
    return becomeInit({ held, supervisor, env });
  } catch (error) {
    tree.abandon();
    throw error;
  }
}

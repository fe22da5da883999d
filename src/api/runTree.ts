/** A tree in the foreground: this very process becomes daemonitor-init. */
import { isatty } from "node:tty";
import type { ServiceSpec } from "../service/specTypes.ts";
import { FOREGROUND_RUN, writeForegroundRun } from "../supervisor/shell/foregroundRun.ts";
import type { Home } from "../supervisor/state/home.ts";
import { becomeInit } from "../supervisor/tree/launchInit.ts";
import { prepareTree } from "./prepareTree.ts";
import type { StartTreeOptions } from "./startTree.ts";
import { supervisorCommand } from "./supervisorProgram.ts";

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
  { supervisor = supervisorCommand(), env = process.env }: StartTreeOptions = {},
): never {
  const tree = prepareTree(home);
  try {
    const fd = writeForegroundRun({ mode: "foreground", services, terminal: isatty(0) || isatty(2) });
    return becomeInit({ held: new Map([...tree.held, [FOREGROUND_RUN, fd]]), supervisor, env });
  } catch (error) {
    tree.abandon();
    throw error;
  }
}

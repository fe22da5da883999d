/**
 * The program that prints the services' output in the foreground: a process of its own, which a terminal that is stopped or a
 * pipe that nobody reads may hold up as long as they like. It is a child of init, and goes on without a supervisor.
 */
import { closeSync } from "node:fs";
import { launch } from "../../launch/run.ts";
import { closeFdsFrom, defaultSignals, dup, exec, fork, plan, setsid, signalMask } from "../../launch/steps.ts";
import { native } from "../../native/addon.ts";
import type { Identity } from "../events.ts";
import { readIdentity } from "../tree/identity.ts";

/** Where it finds its memory (see outputMemory.ts). Its standard input says when to end; output and error are ours. */
export const PRINTER_MEMORY_FD = 3;

export interface StartedPrinter {
  /** Undefined where it has ended already. */
  readonly identity: Identity | undefined;
  /** A byte, or the end of all copies of it, asks it to print what is there and to end. */
  readonly input: number;
}

/**
 * @param command program and arguments
 * @throws DaemonError where it can't be started
 */
export function startPrinter(command: readonly string[], memory: number): StartedPrinter {
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const [output, input] = native().pipe();
  try {
    const { pid, pidfd } = launch(
      plan(
        fork(),
        // ^C on the terminal is for init: what services write when they are stopped is to be seen.
        setsid(),
        fork(),
        defaultSignals(),
        signalMask([]),
        dup(output, 0),
        dup(memory, PRINTER_MEMORY_FD),
        closeFdsFrom(PRINTER_MEMORY_FD + 1),
        dup(1, 1),
        dup(2, 2),
        exec(command[0] ?? "", command, env),
      ),
    );
    const identity = readIdentity(pid);
    if (pidfd >= 0) closeSync(pidfd);
    return { identity, input };
  } catch (error) {
    closeSync(input);
    throw error;
  } finally {
    closeSync(output);
  }
}

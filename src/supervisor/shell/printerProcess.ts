/**
 * The program that prints the services' output in the foreground: a process of its own, which a terminal that is stopped or a
 * pipe that nobody reads may hold up as long as they like. It is a child of init, and goes on without a supervisor.
 */
import { closeSync } from "node:fs";
import { closeFdsFrom, dup } from "../../launch/steps.ts";
import { native } from "../../native/addon.ts";
import type { Identity } from "../events.ts";
import { readIdentity } from "../tree/identity.ts";
import { launchBeside } from "./launchBeside.ts";

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
  const [output, input] = native().pipe();
  try {
    // In its session ^C on the terminal, which is for init, doesn't reach it: what services write when they are stopped is to be seen.
    const pid = launchBeside(
      command,
      dup(output, 0),
      dup(memory, PRINTER_MEMORY_FD),
      closeFdsFrom(PRINTER_MEMORY_FD + 1),
      dup(1, 1),
      dup(2, 2),
    );
    const identity = readIdentity(pid);
    return { identity, input };
  } catch (error) {
    closeSync(input);
    throw error;
  } finally {
    closeSync(output);
  }
}

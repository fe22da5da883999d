/**
 * Starts a program of ours beside the services: a child of init, who reaps it, in a session of its own and with our environment.
 *
 *   launchBeside([process.execPath, "compressor.cjs"], dup(input, 0), dup(output, 1), closeFdsFrom(3));
 */
import { closeSync } from "node:fs";
import { launch } from "../../launch/run.ts";
import { defaultSignals, exec, fork, type Plan, plan, type Step, setsid, signalMask } from "../../launch/steps.ts";

/**
 * @param command program (an absolute path) and arguments
 * @param steps what is done just before exec
 * @returns its pid
 * @throws DaemonError with the step that failed; then nothing runs
 */
export function launchBeside(command: readonly string[], ...steps: readonly (Step | Plan)[]): number {
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const { pid, pidfd } = launch(
    plan(fork(), setsid(), fork(), defaultSignals(), signalMask([]), ...steps, exec(command[0] ?? "", command, env)),
  );
  if (pidfd >= 0) closeSync(pidfd);
  return pid;
}

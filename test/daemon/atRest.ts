/** Looking at a program that was just executed. */
import { type Inspected, inspect, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";

/**
 * Waits until a program that is to sleep does so. Until then it is still loading: it has files open and no environment yet,
 * since a launcher goes on in the middle of execve(2).
 */
export async function atRest(pid: number): Promise<Inspected> {
  await until(`process ${pid} to sleep`, () => readStat(pid).state === "S" && readStat(pid).name === "sleep");
  return inspect(pid);
}

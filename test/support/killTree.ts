/** Kills what runs a home, and brings it up again as the next command would. */
import { connect, isListening } from "../../src/api/connect.ts";
import type { SupervisorStatus } from "../../src/supervisor/control.ts";
import { isAlive } from "./process.ts";
import type { Supervised } from "./supervised.ts";
import { until } from "./wait.ts";

export type Victim = "supervisor" | "init" | "both";

const PATIENCE = { timeout: 60_000 };

/**
 * SIGKILL; resolves when another supervisor answers, under another init where that was killed too. Of one victim the other
 * one sees to that; of both, nobody but the next command.
 *
 * @param meanwhile is done while there is none
 */
export async function killTree(s: Supervised, victim: Victim, meanwhile: () => unknown = () => {}): Promise<SupervisorStatus> {
  const { pid, init } = await s.about();
  // Stopped first, so that neither sees the other one end.
  if (victim === "both") process.kill(pid, "SIGSTOP");
  if (victim !== "supervisor") process.kill(init.pid, "SIGKILL");
  if (victim !== "init") process.kill(pid, "SIGKILL");
  // Threads of Node hold its descriptors for a moment longer.
  if (victim === "both") await until("both to end", () => !isAlive(pid) && !isAlive(init.pid) && !isListening(s.home), PATIENCE);
  await meanwhile();
  return until(
    `another supervisor after the death of ${victim}`,
    async () => {
      if (victim === "both") await comeBack(s);
      const now = await s.about();
      return now.pid !== pid && (victim === "supervisor" || now.init.pid !== init.pid) && now;
    },
    PATIENCE,
  );
}

/** What the next command does where nobody is left to start a supervisor again. */
export async function comeBack(s: Pick<Supervised, "home" | "env">): Promise<void> {
  (await connect(s.home, { start: "after crash", env: { ...process.env, ...s.env } })).close();
}

/** Kills what runs a home, and brings it up again as the next command would. */
import { connect, isListening } from "../../src/api/connect.ts";
import { isAlive } from "../support/process.ts";
import type { Supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

/** Another supervisor answers when it resolves. `meanwhile`: while there is none. */
export async function killSupervisor({ about }: Supervised, meanwhile: () => unknown = () => {}): Promise<void> {
  const { pid } = await about();
  process.kill(pid, "SIGKILL");
  await meanwhile();
  await until("another supervisor", async () => (await about()).pid !== pid, { timeout: 30_000 });
}

/** The supervisor begins a new tree by itself. */
export async function killInit({ about }: Supervised, meanwhile: () => unknown = () => {}): Promise<void> {
  const { init } = await about();
  process.kill(init.pid, "SIGKILL");
  await meanwhile();
  await until("another tree", async () => (await about()).init.pid !== init.pid, { timeout: 30_000 });
}

/** Nobody begins a new tree but the next command. */
export async function killBoth({ about, home, env }: Supervised, meanwhile: () => unknown = () => {}): Promise<void> {
  const { pid, init } = await about();
  process.kill(pid, "SIGSTOP");
  process.kill(init.pid, "SIGKILL");
  process.kill(pid, "SIGKILL");
  // Threads of Node hold its descriptors for a moment longer.
  await until("both to end", () => !isAlive(pid) && !isAlive(init.pid) && !isListening(home));
  await meanwhile();
  (await connect(home, { start: "after crash", env: { ...process.env, ...env } })).close();
  await until("another tree", async () => (await about()).init.pid !== init.pid, { timeout: 30_000 });
}

/** What a supervisor does that can't begin. */
import { rmSync } from "node:fs";
import { DaemonError, EXIT } from "../launch/errors.ts";
import type { Inherited } from "../supervisor/init/inherited.ts";
import { InitClient } from "../supervisor/init/initClient.ts";
import type { Home } from "../supervisor/state/home.ts";
import { asDaemonError, leaveTrouble } from "./trouble.ts";

/** How far it came. */
export interface Begun {
  readonly inherited: Inherited;
  home: Home | undefined;
  client: InitClient | undefined;
}

/**
 * Says why, in the log and to the commands that wait, and ends. A tree that is new and has nothing to lose ends with it;
 * otherwise init tries again, later each time.
 */
export async function cantBegin(error: unknown, { home, inherited, client }: Readonly<Begun>): Promise<never> {
  console.error(`daemonitor: the supervisor can't go on: ${error instanceof DaemonError ? error.message : (error as Error)?.stack}`);
  if (home !== undefined) leaveTrouble(home, error);
  const exitCode = home === undefined ? EXIT.configuration : asDaemonError(home, error).exitCode;
  // What fails for want of memory or processes may work a moment later; pipes and sockets of services are not to be lost.
  const holdsServices = [...inherited.held.keys()].some((name) => name.includes("/"));
  if (exitCode !== EXIT.temporary && !holdsServices) {
    const init = client ?? (await InitClient.open(inherited.fd).catch(() => undefined));
    if (init !== undefined) await endIfNew(init, home, exitCode).catch(() => {});
  }
  process.exit(1);
}

async function endIfNew(init: InitClient, home: Home | undefined, exitCode: number): Promise<void> {
  if (init.isClosed || init.hello.restarts > 0 || (await init.list()).length > 0) return;
  if (home !== undefined) rmSync(home.socket, { force: true });
  await init.shutdown(exitCode);
}

/** What there is, for `status`: asked as fast as it can be. */
import { existsSync } from "node:fs";
import { Client } from "../api/client.ts";
import { troubleFile } from "../api/treeFiles.ts";
import { DaemonError } from "../launch/errors.ts";
import type { ServiceStatus, SupervisorStatus } from "../supervisor/control.ts";
import { connectTo, ownHome } from "./connect.ts";
import { printError, printJson } from "./output.ts";

/** LSB: "program is not running". */
export const EXIT_NOT_RUNNING = 3;

export interface Seen {
  readonly supervisor: SupervisorStatus;
  readonly services: readonly ServiceStatus[];
}

/** What there is, of one moment. Each service comes once, with the instances that are meant. */
export async function look(client: Client, selectors: readonly string[]): Promise<Seen> {
  const wanted = selectors.length === 0 ? [undefined] : selectors;
  const [first, ...others] = await Promise.all(wanted.map((selector) => client.survey(selector)));
  if (first === undefined) throw new Error("nothing was asked");
  return others.length === 0 ? first : { ...first, services: merged([first, ...others].flatMap(({ services }) => services)) };
}

/**
 * What there is. A supervisor is asked at once: to find out first whether it is there takes as long as asking.
 *
 * Undefined, and said so, where none runs. That none does is an answer here, not a failure.
 */
export async function firstLook(selectors: readonly string[], json: boolean): Promise<(Seen & { readonly client: Client }) | undefined> {
  const home = ownHome();
  try {
    // One that could not begin the last time would keep us waiting without a word.
    const client = existsSync(troubleFile(home)) ? await connectTo("after crash") : new Client({ socket: home.socket });
    return { client, ...(await look(client, selectors)) };
  } catch (error) {
    if (!isNoSupervisor(error)) throw error;
  }
  try {
    // Where supervisor and init were killed, this brings up a tree that takes over what still runs.
    const client = await connectTo("after crash");
    return { client, ...(await look(client, selectors)) };
  } catch (error) {
    if (!isNoSupervisor(error)) throw error;
    if (json) printJson({ supervisor: null, services: [] });
    else printError('no supervisor runs, and no services: "daemonitor start FILE" starts one\n');
    return undefined;
  }
}

function isNoSupervisor(error: unknown): boolean {
  return error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR";
}

function merged(services: readonly ServiceStatus[]): readonly ServiceStatus[] {
  const byName = new Map<string, ServiceStatus>();
  for (const service of services) {
    const before = byName.get(service.name);
    const known = new Set(before?.instances.map(({ name }) => name));
    const more = service.instances.filter(({ name }) => !known.has(name));
    byName.set(service.name, before === undefined ? service : { ...before, instances: [...before.instances, ...more] });
  }
  return [...byName.values()];
}

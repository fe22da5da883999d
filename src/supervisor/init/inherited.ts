/** What init hands to a supervisor at its start: the connection, and the descriptors that it holds, by name. */
import { native } from "../../native/addon.ts";

export interface Inherited {
  /** The connection to init. */
  readonly fd: number;
  /** Held descriptors: copies of init's, for us to use and to close. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * Takes over what init passed on, or undefined where this process was not started by init. The variables are removed
 * and the descriptors marked close-on-exec: neither is for our children. A second call finds nothing.
 *
 * @example
 * const inherited = takeInherited(process.env);
 * if (inherited !== undefined) client = await InitClient.open(inherited.fd);
 */
export function takeInherited(env: NodeJS.ProcessEnv): Inherited | undefined {
  const { DAEMONITOR_INIT_FD: connection } = env;
  delete env.DAEMONITOR_INIT_FD;
  const list = takeHeld(env);
  if (connection === undefined || !/^\d{1,7}$/.test(connection)) return undefined;
  const held = parseHeld(list);
  for (const fd of [Number(connection), ...held.values()]) native().setCloseOnExec(fd, true);
  return { fd: Number(connection), held };
}

/** A variable can't be longer than 128 KiB, so a long list comes in several: DAEMONITOR_HELD, DAEMONITOR_HELD_2 … */
function takeHeld(env: NodeJS.ProcessEnv): string {
  const names = Object.keys(env).filter((name) => /^DAEMONITOR_HELD(?:_\d+)?$/.test(name));
  const parts = names.map((name) => env[name] ?? "");
  for (const name of names) delete env[name];
  return parts.join(":");
}

/** "FD=NAME:FD=NAME"; what is not like that is left out. */
export function parseHeld(list: string): Map<string, number> {
  const held = new Map<string, number>();
  for (const entry of list.split(":")) {
    const [, fd, name] = /^(\d{1,7})=(.+)$/s.exec(entry) ?? [];
    if (fd !== undefined && name !== undefined) held.set(name, Number(fd));
  }
  return held;
}

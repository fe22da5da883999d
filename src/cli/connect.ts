/** The way of every command to the supervisor. */
import type { Client } from "../api/client.ts";
import { connect, type StartMode } from "../api/connect.ts";
import { type Home, resolveHome } from "../supervisor/state/home.ts";

/** The home of who runs this command. @throws DaemonError ERR_HOME, ERR_SOCKET_PATH */
export function ownHome(): Home {
  return resolveHome(process.env, process.geteuid?.() ?? 0);
}

/**
 * A client of the supervisor of who runs this command.
 *
 * @param timeout milliseconds for each request; the client's default where it isn't given
 * @throws DaemonError as connect (api/connect.ts) does
 *
 * @example
 * const client = await connectTo("after crash");
 */
export function connectTo(start: StartMode, timeout?: number): Promise<Client> {
  return connect(ownHome(), { start, ...(timeout === undefined ? {} : { timeout }) });
}

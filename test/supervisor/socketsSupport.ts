/** What the tests of sockets share. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type NetConnectOpts } from "node:net";
import type { Tracked } from "../support/cleanup.ts";
import { start } from "../support/run.ts";

/** Runs a program with these descriptors as a service manager passes them: from 3 on, and LISTEN_PID its own. */
export function startActivated(tracked: Tracked, fds: readonly number[], names: readonly string[], argv: readonly string[]): ChildProcess {
  const child = start("sh", ["-c", 'LISTEN_PID=$$ exec "$@"', "sh", ...argv], {
    stdio: ["ignore", "pipe", "inherit", ...fds],
    env: { LISTEN_FDS: String(fds.length), LISTEN_FDNAMES: names.join(":") },
  });
  if (child.pid !== undefined) tracked.killSession(child.pid);
  return child;
}

/** Connects, and resolves to all that the other end sends. */
export async function readFrom(tracked: Tracked, options: NetConnectOpts): Promise<string> {
  const socket = connect(options);
  tracked.defer(() => socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await once(socket, "end");
  return text;
}

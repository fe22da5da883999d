/** Listening sockets that were lost with init and the supervisor, and that only the services still have: held again. */
import { DaemonError } from "../../launch/errors.ts";
import type { Context } from "./context.ts";

/** After stock was taken. Where it can't be done the service goes on, and its port is closed for a moment when it is restarted. */
export async function regainSockets({ sockets, units, problems }: Pick<Context, "sockets" | "units" | "problems">): Promise<void> {
  for (const { service, spec, attempts } of units.values()) {
    if (Object.keys(spec.sockets).every((name) => sockets.isOpen(service, name))) continue;
    for (const { identity, ended } of attempts.values()) {
      if (identity === undefined || ended) continue;
      try {
        await sockets.regain(spec, identity);
      } catch (error) {
        if (!(error instanceof DaemonError)) throw error;
        problems.report(socketsOf(service), `${error.message}; it serves on, but its sockets will close when it ends`);
      }
    }
  }
}

/** What a problem with them is filed under. */
export function socketsOf(service: string): string {
  return `${service}: sockets`;
}

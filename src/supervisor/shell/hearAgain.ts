/** Notification sockets of those that were adopted: heard again by a new init, or opened again where they were lost with the old one. */
import { readProcFile } from "../../launch/procFile.ts";
import { faultPoint } from "../faultPoint.ts";
import type { Context } from "./context.ts";
import { listens } from "./launching.ts";

/** After stock was taken. */
export async function hearAgain({ client, notify, units, problems }: Context): Promise<void> {
  for (const [name, fd] of [...notify.descriptors]) {
    const of = notify.parse(name);
    const attempt = of === undefined ? undefined : units.get(of.instance)?.attempts.get(of.attempt);
    // Nobody speaks on it any more.
    if (of !== undefined && (attempt === undefined || attempt.ended)) await notify.close(of.instance, of.attempt);
    // One that was handed over by a supervisor is held, but a new init doesn't know what for.
    else if (client.hello.restarts === 0) await client.hold(name, fd, { notify: true });
  }
  for (const unit of units.values()) {
    if (!listens(unit)) continue;
    for (const attempt of unit.attempts.values()) {
      if (attempt.ended || attempt.identity === undefined) continue;
      attempt.notifies = true;
      const address = addressGiven(attempt.identity.pid);
      if (address === undefined) continue;
      faultPoint("before hold");
      const isHeard = await notify.reopen(unit.name, attempt.number, address);
      faultPoint("after hold");
      if (!isHeard)
        problems.report(
          `${unit.name}: notifications`,
          `${address} is another process's by now: what it says can't be heard until it is restarted`,
        );
    }
  }
}

/** NOTIFY_SOCKET, as the process was given it. */
function addressGiven(pid: number): string | undefined {
  const environ = readProcFile(`/proc/${pid}/environ`);
  if (typeof environ === "string") return undefined;
  return /(?:^|\0)NOTIFY_SOCKET=([^\0]+)/.exec(environ.toString())?.[1];
}

/** The environment of a service's process: what all have, what its author asked for, and what we tell it. */
import type { UserRecord } from "../../native/addon.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { composeMark, MARK_VARIABLE } from "../tree/mark.ts";
import { baseEnvironment } from "./baseEnvironment.ts";
import type { LaunchContext } from "./launchContext.ts";

type Context = Pick<
  LaunchContext,
  "instance" | "number" | "attempt" | "hook" | "home" | "starter" | "sockets" | "notifyAddress" | "extraEnvironment"
>;

/** Without LISTEN_PID and WATCHDOG_PID: the plan sets those, when the pid is known. */
export function composeEnvironment(spec: ServiceSpec, context: Context, account: UserRecord | undefined): Record<string, string> {
  const { home, instance, attempt, hook, number, sockets, notifyAddress } = context;
  const environment = { ...baseEnvironment(context.starter, account), ...spec.env, ...context.extraEnvironment };
  environment[MARK_VARIABLE] = composeMark({ home, instance, attempt, ...(hook === undefined ? {} : { hook }) });
  environment.DAEMONITOR_SERVICE = spec.name;
  environment.DAEMONITOR_INSTANCE_NUMBER = String(number);
  // As pm2 has it.
  environment.NODE_APP_INSTANCE ??= String(number);
  if (sockets.length > 0) {
    environment.LISTEN_FDS = String(sockets.length);
    environment.LISTEN_FDNAMES = sockets.map(({ name }) => name).join(":");
  }
  if (notifyAddress !== null) {
    environment.NOTIFY_SOCKET = notifyAddress;
    if (spec.watchdog !== null) environment.WATCHDOG_USEC = String(Math.round(spec.watchdog * 1000));
  }
  return environment;
}

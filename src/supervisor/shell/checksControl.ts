/** Checks and alerts as the API sees them. */
import { type Control, ControlError } from "../control.ts";
import type { Checking } from "./checking.ts";
import type { PlainControl } from "./control.ts";

/**
 * What the API can be asked for of checks and alerts, beside everything else.
 *
 * @example
 * const control = withChecks(controlOf(…), checking);
 */
export function withChecks(control: PlainControl, checking: Checking): Control {
  return {
    ...control,
    checks: () => checking.report,
    alerts: () => checking.alerting.report,
    async testAlerts(route) {
      const told = await checking.alerting.test(route);
      if (told.length === 0) throw noRoute(route, checking.alerting.report.routes);
      return told;
    },
  };
}

function noRoute(asked: string | undefined, routes: readonly { readonly name: string }[]): ControlError {
  const hint = 'add one to "alerts" in the configuration';
  if (asked === undefined || routes.length === 0) return new ControlError("ERR_BAD_REQUEST", "there is no route for alerts", hint);
  const names = routes.map(({ name }) => `"${name}"`).join(", ");
  return new ControlError("ERR_BAD_REQUEST", `there is no route "${asked}" for alerts`, `there are ${names}`);
}

/** What a check can do when it fires. */

export const CHECK_ACTIONS = ["alert", "restart", "stop", "start", "reload", "prune-logs"] as const;

export type NamedAction = (typeof CHECK_ACTIONS)[number];

export type CheckAction = NamedAction | { readonly exec: readonly string[] };

/** Those that are done to a service's process: they make no sense for a disk. */
export const SERVICE_ACTIONS: ReadonlySet<CheckAction> = new Set<CheckAction>(["restart", "stop", "start", "reload"]);

/** @example actionName({ exec: ["/bin/page", "x"] }) // "exec /bin/page" */
export function actionName(action: CheckAction): string {
  return typeof action === "string" ? action : `exec ${action.exec[0] ?? ""}`;
}

/** The states of an instance, in the order of the table's columns. */
export const STATES = ["stopped", "waiting", "starting", "running", "reloading", "stopping", "backoff", "completed", "failed"] as const;

export type State = (typeof STATES)[number];

/** The states in which nothing happens by itself: only a command, the schedule or `apply` leads out of them. */
export const AT_REST: ReadonlySet<State> = new Set<State>(["stopped", "completed", "failed"]);

/** What the machine wants done. The shell does it, in this order, after the instance was written to the journal. */
import type { HookName, TimerName } from "./events.ts";
import type { Note } from "./instance.ts";

export type Action =
  /** Start a process; answered by `spawned` or `spawnFailed`. A successor gets the same listening sockets as the process that still serves. */
  | { readonly do: "spawn"; readonly attempt: number; readonly successor: boolean }
  /** To the main process, or to all that the attempt started. A process that is gone is no error. */
  | { readonly do: "signal"; readonly attempt: number; readonly signal: string; readonly to: "main" | "all" }
  /** SIGKILL to all that is left of an attempt, or of the instance with its hooks; answered by `gone` or `remains`. */
  | { readonly do: "killAll"; readonly tree: number | "all" }
  /** At `at` on the monotonic clock, the event of this name. A timer of this name that is set already is replaced. */
  | { readonly do: "setTimer"; readonly name: TimerName; readonly at: number }
  | { readonly do: "clearTimer"; readonly name: TimerName }
  /** Answered by `hookFinished` or `hookFailed`. */
  | { readonly do: "runHook"; readonly hook: HookName; readonly attempt: number }
  /** Listen, probe or read for the readiness of this attempt. Comes before its spawn, and again when it is adopted. */
  | { readonly do: "openReadiness"; readonly attempt: number }
  | { readonly do: "closeReadiness"; readonly attempt: number }
  | { readonly do: "startHealthChecks" }
  | { readonly do: "stopHealthChecks" }
  /** Answered by `dependenciesMet`, at once or later. */
  | { readonly do: "awaitDependencies" }
  /** For the log, the events and `why`. */
  | { readonly do: "note"; readonly note: Note }
  /** A command that can't be followed; for its caller. */
  | { readonly do: "refuse"; readonly reason: string }
  /** Deleted, and nothing is left of it. */
  | { readonly do: "forget" };

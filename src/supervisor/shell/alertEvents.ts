/** Which events are told without being asked for: instances that were given up, and what is wrong with the supervisor itself. Pure. */
import type { Notice } from "../../monitor/alerts.ts";
import type { SupervisorEvent } from "../control.ts";

type Trouble = Omit<Notice, "kind" | "count">;

export type EventAlert =
  | { readonly what: "failing" | "recovered"; readonly trouble: Trouble }
  /** Every failure of this service's instances is over. */
  | { readonly what: "gone"; readonly prefix: string };

/** Where an instance is well, or meant not to be. */
const SETTLED: ReadonlySet<string> = new Set(["running", "completed", "stopped"]);

/**
 * @param isLasting whether a problem of this subject lasts: what only happened is no alert
 * @returns null for an event that is no matter for people
 */
export function alertOf(event: SupervisorEvent, isLasting: (subject: string) => boolean): EventAlert | null {
  const { at } = event;
  switch (event.type) {
    case "state": {
      const { instance, to, reason } = event;
      const told = { key: `${instance} failed`, subject: instance, at, since: at };
      if (to === "failed") return { what: "failing", trouble: { ...told, title: "failed", message: `${instance} failed: ${reason}` } };
      if (!SETTLED.has(to)) return null;
      return { what: "recovered", trouble: { ...told, since: null, title: "failed", message: `${instance} is ${to} again: ${reason}` } };
    }
    case "problem":
    case "recovered": {
      const { type, subject, message } = event;
      const trouble = { key: `problem ${subject}`, subject, title: message, message: `${subject}: ${message}`, at, since: null };
      if (type === "recovered") return { what: "recovered", trouble };
      return isLasting(subject) ? { what: "failing", trouble } : null;
    }
    case "service":
      return event.what === "deleted" ? { what: "gone", prefix: `${event.service}/` } : null;
    case "exit":
    case "supervisor":
      return null;
  }
}

/** Events in words. */
import type { SupervisorEvent } from "../src/dashboard/wire.ts";

export interface EventWords {
  readonly subject: string;
  readonly text: string;
  /** For the colour. */
  readonly tone: "plain" | "good" | "bad";
}

const GOOD = new Set(["running", "completed"]);
const BAD = new Set(["failed", "backoff"]);

export function eventWords(event: SupervisorEvent): EventWords {
  switch (event.type) {
    case "state":
      return {
        subject: event.instance,
        text: `${event.from} → ${event.to}: ${event.reason}`,
        tone: GOOD.has(event.to) ? "good" : BAD.has(event.to) ? "bad" : "plain",
      };
    case "exit":
      return { subject: event.instance, text: `process ${event.pid} ended: ${exitWords(event.status)}`, tone: "plain" };
    case "service": {
      const keys = event.keys.length === 0 ? "" : ` (${event.keys.join(", ")})`;
      return { subject: event.service, text: `${event.what}${keys} by ${event.by}`, tone: "plain" };
    }
    case "supervisor":
      return { subject: "supervisor", text: `${event.what}: ${event.detail}`, tone: "plain" };
    case "problem":
      return { subject: event.subject, text: event.message, tone: "bad" };
    case "recovered":
      return { subject: event.subject, text: event.message, tone: "good" };
  }
}

export function exitWords(status: Extract<SupervisorEvent, { type: "exit" }>["status"]): string {
  if (status === "unknown") return "exit status unknown";
  return "code" in status ? `exit status ${status.code}` : `killed by ${status.signal}`;
}

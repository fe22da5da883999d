/** Events for people: one line each. */
import type { SupervisorEvent } from "../supervisor/control.ts";
import { clock } from "../supervisor/story.ts";
import { describeExit } from "../values/exitStatus.ts";
import { harmless } from "../values/textWidth.ts";
import type { Paint } from "./paint.ts";

/**
 * One line, with the time of day before it.
 *
 * @example
 * eventLine(event, { now: Date.now(), paint }); // "10:02:11  web/0  running → failed: exit status 3"
 */
export function eventLine(event: SupervisorEvent, { now, paint }: { readonly now: number; readonly paint: Paint }): string {
  const [subject, text] = told(event, paint);
  return `${paint.dim(clock(event.at, now))}  ${paint.bold(harmless(subject))}  ${text}`;
}

/** The service or instance that an event is about; undefined where it is about the supervisor. */
export function subjectOf(event: SupervisorEvent): string | undefined {
  switch (event.type) {
    case "state":
    case "exit":
      return event.instance;
    case "service":
      return event.service;
    case "problem":
    case "recovered":
      return event.subject;
    case "supervisor":
      return undefined;
  }
}

function told(event: SupervisorEvent, paint: Paint): readonly [subject: string, text: string] {
  switch (event.type) {
    case "state":
      return [event.instance, `${event.from} → ${paint.state(event.to)(event.to)}: ${harmless(event.reason)}`];
    case "exit":
      return [event.instance, `process ${event.pid} ended: ${describeExit(event.status)}`];
    case "service": {
      const keys = event.keys.length === 0 ? "" : `: ${event.keys.map(harmless).join(", ")}`;
      return [event.service, `${event.what}${keys} (${harmless(event.by)})`];
    }
    case "supervisor":
      return ["supervisor", `${event.what}${event.detail === "" ? "" : `: ${harmless(event.detail)}`}`];
    case "problem":
      return [event.subject, `${paint.red("problem")}: ${harmless(event.message)}`];
    case "recovered":
      return [event.subject, `recovered: ${harmless(event.message)}`];
  }
}

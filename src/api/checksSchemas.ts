/** What the API answers about checks and alerts, as src/supervisor/control.ts has it. */
import { count, list, number, object, oneOf, orNull, ref, type Schema, text, time } from "./openapiKit.ts";

const kind = oneOf("webhook", "exec", "mail");
const alert = {
  at: time("When."),
  subject: text('"web/0", "/var"'),
  title: text(),
  count: count("How often that was since it was told last."),
};

export const CHECK_SCHEMAS: Readonly<Record<string, Schema>> = {
  CheckState: object({
    id: text('"web/0: memory above 512 MiB"'),
    subject: text('"web/0", "/var"'),
    check: text('"memory above 512 MiB"'),
    for: text('"3 of 5"'),
    actions: list(text()),
    state: { ...oneOf("ok", "firing", "unknown"), description: "unknown: nothing was measured yet." },
    bad: count("How many of the last samples were bad."),
    samples: count(),
    values: list(text(), "What was measured, the newest last."),
    firingSince: orNull(time("When it fired.")),
    heldBy: orNull(text("The service whose check keeps this one from firing.")),
    lastAction: orNull(object({ at: time("When."), text: text("A sentence.") })),
  }),
  ChecksReport: object({
    checks: list(ref("CheckState")),
    mistakes: list(text(), "What is wrong with the configuration of checks and alerts."),
  }),
  AlertRouteStatus: object({
    name: text("Never more of an address than its host."),
    kind,
    sent: count(),
    lastSentAt: orNull(time("When.")),
    lastError: orNull(text("Why the last attempt failed, where it did.")),
    waiting: list(object({ ...alert, attempts: count() })),
    nextAt: orNull(time("When it is tried again.")),
    dropped: count("Those that nobody will be told of."),
  }),
  AlertsReport: object({
    routes: list(ref("AlertRouteStatus")),
    recent: list(
      object({ ...alert, kind: oneOf("failing", "recovered", "test"), message: text("A sentence.") }),
      "The latest, oldest first.",
    ),
  }),
  AlertTest: object({
    route: text(),
    kind,
    error: orNull(text("Why it could not be told; null where it was.")),
    took: number("Milliseconds."),
  }),
};

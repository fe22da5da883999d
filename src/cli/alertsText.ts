/** Alerts for people. */
import type { AlertRouteStatus, AlertsReport, AlertTest } from "../supervisor/control.ts";
import { clock } from "../supervisor/story.ts";
import { formatDuration } from "../values/duration.ts";
import { harmless } from "../values/textWidth.ts";
import type { CheckView } from "./checksText.ts";

type View = Pick<CheckView, "now" | "paint">;

/** The routes, with what waits on each, then what was told. Lines without their ends. */
export function alertLines({ routes, recent }: AlertsReport, { now, paint }: View): readonly string[] {
  const told = recent.map(({ at, kind, message, count }) => {
    const word = kind === "failing" ? paint.red(kind) : kind;
    return `  ${paint.dim(clock(at, now))}  ${word}  ${harmless(message)}${count > 1 ? ` (${count} times)` : ""}`;
  });
  return [
    ...(routes.length === 0
      ? ['there is no route: "alerts" in the configuration says where alerts go']
      : routes.flatMap((route) => routeLines(route, { now, paint }))),
    ...(told.length === 0 ? ["nothing was told yet"] : ["", paint.bold("Told:"), ...told]),
  ];
}

function routeLines(
  { name, sent, lastSentAt, lastError, waiting, nextAt, dropped }: AlertRouteStatus,
  { now, paint }: View,
): readonly string[] {
  const facts = [
    `${sent} sent${lastSentAt === null ? "" : `, the last at ${clock(lastSentAt, now)}`}`,
    ...(waiting.length === 0 ? [] : [`${waiting.length} waiting`]),
    ...(dropped === 0 ? [] : [`${dropped} given up`]),
  ];
  const again = nextAt === null ? "" : `; tried again in ${formatDuration(Math.max(0, nextAt - now))}`;
  return [
    `${paint.bold(harmless(name))}  ${facts.join(", ")}`,
    ...(lastError === null ? [] : [`  ${paint.red("failed:")} ${harmless(lastError)}${again}`]),
    ...waiting.map(
      ({ at, subject, title, count }) =>
        `  waits since ${clock(at, now)}: ${harmless(`${subject}: ${title}`)}${count > 1 ? ` (${count} times)` : ""}`,
    ),
  ];
}

/** @example "webhook hooks.slack.com: sent in 120 ms" */
export function testLines(tests: readonly AlertTest[], { paint }: View): readonly string[] {
  return tests.map(({ route, error, took }) =>
    error === null
      ? `${harmless(route)}: sent in ${formatDuration(took)}`
      : `${harmless(route)}: ${paint.red("failed")} after ${formatDuration(took)}: ${harmless(error)}`,
  );
}

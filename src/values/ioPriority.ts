import { given, ValueError } from "./valueError.ts";

/**
 * An I/O priority as ionice(1) names its classes, with its level: "idle", "best-effort:0" … "realtime:7".
 * Level 4 is what a class has without one.
 *
 * @throws ValueError for anything else
 * @example
 * parseIoPriority("best-effort"); // "best-effort:4"
 */
export function parseIoPriority(value: unknown): string {
  const match = typeof value === "string" ? /^(?:(realtime|best-effort)(?::([0-7]))?|idle)$/.exec(value) : null;
  if (match === null) {
    throw new ValueError(
      `${given(value)} is not an I/O priority: there are "idle", "best-effort:0" … "best-effort:7" and "realtime:0" … "realtime:7"`,
    );
  }
  return match[1] === undefined ? "idle" : `${match[1]}:${match[2] ?? "4"}`;
}

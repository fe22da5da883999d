/** The shape of an instance in the journal. */
import { TIMERS } from "../events.ts";
import type { Instance } from "../instance.ts";
import { STATES } from "../states.ts";
import { anyOf, bool, count, isObject, list, number, object, oneOf, orNull, record, type Shape, text } from "./shape.ts";

const timerNames: ReadonlySet<string> = new Set(TIMERS);

const hookName: Shape = oneOf("beforeStart", "afterExit");

const identity: Shape = object({ pid: count, startTime: number, bootId: text });

const outputAt: Shape = object({ log: count, errorLog: count });

const slot = {
  attempt: count,
  identity: orNull(identity),
  readyAt: orNull(number),
  launcher: orNull(count),
  adopted: bool,
};

const timer: Shape = object({ at: number, after: number });

const timers: Shape = (value) => {
  if (!isObject(value)) return ": is no object";
  const name = Object.keys(value).find((key) => !timerNames.has(key));
  return name === undefined ? record(timer)(value) : `.${name}: is no timer`;
};

const keys = {
  name: text,
  state: oneOf(...STATES),
  since: object({ at: number, wall: number }),
  wanted: bool,
  attempt: count,
  process: orNull(object(slot)),
  other: orNull(object({ ...slot, role: oneOf("successor", "retiring"), kills: count })),
  hook: orNull(object({ name: hookName, attempt: count })),
  ending: orNull(
    object({
      // biome-ignore lint/suspicious/noThenProperty: it is the machine's word, and holds text
      then: oneOf("stop", "delete", "start", "policy", "complete", "fail"),
      cause: orNull(object({ what: text, success: bool, temporary: bool, uptime: orNull(number) })),
      kills: count,
      remains: bool,
      ran: bool,
      cleaned: bool,
    }),
  ),
  waitsFor: orNull(oneOf("dependencies", "schedule")),
  dependenciesMet: bool,
  reloadAgain: bool,
  record: object({ failures: count, temporary: count, ends: list(number), calmSince: orNull(number) }),
  probeFailures: count,
  restarts: count,
  lastExit: orNull(
    object({
      attempt: count,
      pid: orNull(count),
      status: anyOf(oneOf("unknown"), object({ code: count }), object({ signal: text })),
      wall: number,
      usage: orNull(object({ userMs: number, systemMs: number, maxRssBytes: number })),
    }),
  ),
  timers,
  history: list(object({ wall: number, from: oneOf(...STATES), to: oneOf(...STATES), reason: text })),
} satisfies Record<keyof Instance, Shape>;

export const instanceShape: Shape = object(keys);

const spawnKeys = { attempt: count, what: anyOf(oneOf("process"), hookName), identity: orNull(identity) } as const;

/** A note on a process, with other keys beside it: see SpawnNote. */
export function spawnShape(more: Readonly<Record<string, Shape>>): Shape {
  const plain = object({ ...more, ...spawnKeys });
  const whole = object({ ...more, ...spawnKeys, outputAt });
  return (value) => (isObject(value) && Object.hasOwn(value, "outputAt") ? whole : plain)(value);
}

/**
 * Waits until a service is ready, for `ready.on` port, http, exec and line. ("started" needs nothing, and
 * "notify" comes as datagrams: see notifyMessages.ts.)
 *
 *   openReadiness: probe = openReadinessProbe(spec.ready, { onPassed: () => step({ type: "ready", attempt }), onFailed: remember }, context);
 *   closeReadiness: probe.close();
 *
 * A failed try is no failure of the service, only what to say when time runs out. The time limit is the machine's.
 * A socket that the supervisor itself opened for the service accepts before the service does: `port` says nothing there.
 */
import type { ReadySpec } from "../../service/specTypes.ts";
import { LimitedTry } from "./limitedTry.ts";
import { type LineProbe, type LogPosition, openLineProbe } from "./lineProbe.ts";
import type { Probe, ProbeHandlers, RunCommand, Try } from "./probe.ts";
import { tryOfReadiness } from "./tries.ts";

export type ProbedReadiness = Exclude<ReadySpec, { readonly on: "started" | "notify" }>;

export interface ReadinessContext {
  /** For `exec`. */
  readonly runCommand: RunCommand;
  /** For `line`: where the output of this attempt begins. */
  readonly log: LogPosition;
  /** The same of standard error, where that has a log of its own. */
  readonly errorLog?: LogPosition | undefined;
  /** Milliseconds that one try may take. Default 5 000. */
  readonly tryTimeout?: number;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;
/** So that what is ready is found after a quarter more of the time that it took. */
const GROWTH = 1.25;

/** Calls `onPassed` once, and is closed then. */
export function openReadinessProbe(spec: ProbedReadiness, handlers: ProbeHandlers, context: ReadinessContext): Probe | LineProbe {
  if (spec.on === "line" && context.errorLog !== undefined) return eitherLine(spec.pattern, handlers, [context.log, context.errorLog]);
  if (spec.on === "line") return openLineProbe(spec.pattern, handlers, context.log);
  return repeat(tryOfReadiness(spec, context.runCommand), handlers, context.tryTimeout ?? 5000);
}

function eitherLine(pattern: string, handlers: ProbeHandlers, logs: readonly LogPosition[]): LineProbe {
  const close = () => {
    for (const probe of probes) probe.close();
  };
  const onPassed = () => {
    close();
    handlers.onPassed();
  };
  const probes = logs.map((log) => openLineProbe(pattern, { ...handlers, onPassed }, log));
  const rotated = (path: string) => {
    for (const [index, log] of logs.entries()) if (log.path === path) probes[index]?.rotated(path);
  };
  return { close, rotated };
}

/** Tries at once, and again after pauses from 50 ms to 1 s, until one passes. */
export function repeat(attempt: Try, { onPassed, onFailed, signal }: ProbeHandlers, tryTimeout: number): Probe {
  const limited = new LimitedTry(attempt, tryTimeout);
  let timer: NodeJS.Timeout | undefined;
  let pause = FIRST_PAUSE;
  const close = () => {
    clearTimeout(timer);
    limited.close();
    signal?.removeEventListener("abort", close);
  };
  const next = () =>
    limited.start((why) => {
      if (why === null) {
        close();
        return onPassed();
      }
      timer = setTimeout(next, pause);
      pause = Math.min(LONGEST_PAUSE, pause * GROWTH);
      onFailed(why);
    });
  if (signal?.aborted) return { close };
  signal?.addEventListener("abort", close, { once: true });
  next();
  return { close };
}

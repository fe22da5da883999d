/** What init calls a process: "web/0#3" for the third attempt of an instance, "web/0#3:afterExit" for what runs beside it. */
import type { HookName } from "../events.ts";

export interface ProcessKey {
  readonly instance: string;
  readonly attempt: number;
  /** A hook, or "ready" and "health" for the commands of probes. */
  readonly beside?: string;
}

/**
 * @example
 * composeKey({ instance: "web/0", attempt: 3 }); // "web/0#3"
 */
export function composeKey({ instance, attempt, beside }: ProcessKey): string {
  return `${instance}#${attempt}${beside === undefined ? "" : `:${beside}`}`;
}

/** Undefined for what is no key of ours. */
export function parseKey(text: string): ProcessKey | undefined {
  const match = /^(.+\/\d+)#(\d+)(?::(\w+))?$/s.exec(text);
  if (match === null) return undefined;
  const [, instance = "", attempt, beside] = match;
  return { instance, attempt: Number(attempt), ...(beside === undefined ? {} : { beside }) };
}

/** Else it was the command of a probe, of which nobody waits for the result when its supervisor is gone. */
export function isHook(beside: string): beside is HookName {
  return beside === "beforeStart" || beside === "afterExit";
}

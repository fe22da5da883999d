/** What an action came to, for people: a line for each instance, and the exit code. */
import { EXIT } from "../launch/errors.ts";
import type { InstanceOutcome } from "../supervisor/control.ts";
import type { State } from "../supervisor/states.ts";
import { formatDuration } from "../values/duration.ts";
import { harmless } from "../values/textWidth.ts";

/** Some instance failed. No word of sysexits.h: it is the usual one of a command that did its work and has bad news. */
export const EXIT_FAILED = 1;

const ENDED_WELL =
  'it ended without an error: one that goes into the background by itself needs "type: forking" in a configuration, or to be told to stay; one that is to end, "--restart on-failure"';

/** What was asked for, as far as the words depend on it. */
export type Verb = "start" | "stop" | "restart" | "reload" | "delete" | "scale" | "apply" | "signal";

export interface OutcomeView {
  readonly verb: Verb;
  /** Milliseconds that it took; undefined where nobody waited. */
  readonly took?: number | undefined;
  readonly paint?: ((state: State) => (text: string) => string) | undefined;
}

/**
 * One line.
 *
 * @example
 * outcomeLine(outcome, { verb: "start", took: 1200 }); // "web/0 running (pid 123) after 1.2 s"
 */
export function outcomeLine(instance: InstanceOutcome, { verb, took, paint = () => same }: OutcomeView): string {
  const { name, state, outcome, pid } = instance;
  const why = reasonOf(instance);
  const process = pid === null ? "" : ` (pid ${pid})`;
  const after = took === undefined ? "" : ` after ${formatDuration(took)}`;
  const isGone = verb === "delete" && outcome === "done";
  const what = `${harmless(name)} ${paint(state)(isGone ? "deleted" : state)}${process}`;
  switch (outcome) {
    case "done":
      // Waiting for its schedule is as it should be, and worth a reason; running is clear.
      return state === "waiting" ? `${what}: ${harmless(why)}` : `${what}${after}`;
    case "pending":
      return took === undefined ? what : `${what}, not settled yet${after}: ${harmless(why)}`;
    case "refused":
      return `${what}, refused: ${harmless(why)}`;
    case "failed":
      return `${what}${after}: ${harmless(why)}`;
  }
}

/** Its name and its state stand before it already: "web/0 backs off since 17:24:21: exit status 3" is "exit status 3". */
function reasonOf({ name, why }: InstanceOutcome): string {
  const [said] = /^ [a-z ]{1,30} (?:since|at) (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d: /.exec(why.slice(name.length)) ?? [];
  return said === undefined || !why.startsWith(name) ? why : why.slice(name.length + said.length);
}

/**
 * What to look at next, where something went wrong; undefined where nothing did.
 *
 * @param waited somebody wanted to see the end
 */
export function hint(outcomes: readonly InstanceOutcome[], waited = true): string | undefined {
  const bad = outcomes.filter(({ outcome }) => outcome === "failed" || outcome === "refused");
  const services = [...new Set(bad.map(({ name }) => serviceOf(name)))];
  const [first] = services;
  if (first !== undefined) {
    const more = `"daemonitor why ${services.length === 1 ? shellWord(first) : services.map(shellWord).join(" ")}" tells more`;
    return bad.some(({ why }) => /\bexit status 0[,;]/.test(why)) ? `${more}\n${ENDED_WELL}` : more;
  }
  return waited && outcomes.some(({ outcome }) => outcome === "pending") ? 'it goes on: see "daemonitor status"' : undefined;
}

/**
 * 0 for done, 1 where an instance failed or refused, 75 where one isn't settled yet.
 *
 * @param mayPend nobody wanted to wait
 */
export function exitCodeOf(outcomes: readonly InstanceOutcome[], mayPend = false): number {
  if (outcomes.some(({ outcome }) => outcome === "failed" || outcome === "refused")) return EXIT_FAILED;
  return !mayPend && outcomes.some(({ outcome }) => outcome === "pending") ? EXIT.temporary : EXIT.ok;
}

/** "web" of "web/0". */
export function serviceOf(instance: string): string {
  return instance.replace(/\/\d+$/, "");
}

/** A name as it can be typed. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function same(text: string): string {
  return text;
}

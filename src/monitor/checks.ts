/**
 * Checks, judged: measured values in, decisions out. Pure: the time is passed in, nothing is done here.
 *
 *   const checks = new Checks();
 *   for (const decision of checks.look(looks, sample.at)) …      // each fires once, and recovers once
 *
 * A check fires when N of its last M samples are bad, and has recovered when that was so of none of M samples in a row:
 * with "3 of 5" five moments, one after the other, at each of which fewer than 3 of the last 5 were bad. A value that is
 * not there (null) is no sample.
 *
 * A new process of the instance begins anew: its samples alone count. Where the check had fired, it is still firing, and
 * needs M samples of the new process either to recover or to fire (and act) again, so no check acts twice within M samples.
 *
 * A check that would fire while one of a service that its own one depends on fires is held back.
 */
import { actionName, type CheckAction } from "../values/checkActions.ts";
import { type Judged, judge, NEVER_JUDGED } from "./checksJudge.ts";

/** What a check is, whatever it measures. */
export interface Check {
  /** No two have the same. */
  readonly id: string;
  /** "web/0", "/var" */
  readonly subject: string;
  /** Whose it is; null for a disk's. */
  readonly service: string | null;
  /** "memory above 512 MiB" */
  readonly text: string;
  readonly for: { readonly times: number; readonly of: number };
  readonly actions: readonly CheckAction[];
}

/** A check, and what was measured just now. */
export interface CheckLook {
  readonly check: Check;
  /** Null where there is nothing to judge. */
  readonly bad: boolean | null;
  /** What was measured, for people: "700 MiB". */
  readonly value: string | null;
  /** Names the process that was measured: with another one the samples begin anew. */
  readonly run: string;
  /** Services that its own one depends on, directly or not. */
  readonly needs: readonly string[];
}

export type CheckDecision = {
  readonly check: Check;
  readonly value: string | null;
  /** When it fired, milliseconds since 1970. */
  readonly since: number;
} & (
  | {
      readonly what: "fired";
      /** Of a new process, while it had not recovered. */
      readonly again: boolean;
    }
  /** `gone`: it is no check any more. */
  | { readonly what: "recovered"; readonly gone: boolean }
);

/** As the API shows it. */
export interface CheckState {
  readonly id: string;
  readonly subject: string;
  readonly check: string;
  readonly for: string;
  readonly actions: readonly string[];
  /** `unknown`: nothing was measured yet, or not of this process. */
  readonly state: "ok" | "firing" | "unknown";
  /** How many of the last samples were bad, and how many there are. */
  readonly bad: number;
  readonly samples: number;
  /** What was measured, newest last; as many as there are samples. */
  readonly values: readonly string[];
  readonly firingSince: number | null;
  /** The service whose check keeps this one from firing. */
  readonly heldBy: string | null;
  readonly lastAction: { readonly at: number; readonly text: string } | null;
}

/** All that is known of a check. It is plain JSON. */
export interface KnownCheck {
  readonly check: Check;
  readonly judged: Judged;
  readonly heldBy: string | null;
  readonly values: readonly string[];
  readonly lastAction: CheckState["lastAction"];
}

export class Checks {
  #known: Map<string, KnownCheck>;

  /** @param remembered of an earlier one: what fires there fires here, and is not told again */
  constructor(remembered: readonly KnownCheck[] = []) {
    this.#known = new Map(remembered.map((known) => [known.check.id, known]));
  }

  /** Of all checks that there are: one that isn't among them is forgotten. `at` in milliseconds since 1970. */
  look(looks: readonly CheckLook[], at: number): readonly CheckDecision[] {
    const judged = looks.map((look) => ({ look, ...this.#judge(look, at) }));
    const failing = new Set(
      judged.flatMap(({ look, now }) => (now.firing !== null && look.check.service !== null ? [look.check.service] : [])),
    );
    const decisions: CheckDecision[] = [];
    const known = new Map<string, KnownCheck>();
    for (const { look, before, now } of judged) {
      const { check, value } = look;
      const fires = now.verdict === "fires";
      const heldBy = fires ? (look.needs.find((service) => failing.has(service)) ?? null) : null;
      const isHeld = heldBy !== null;
      const verdict = isHeld ? null : now.verdict;
      if (verdict === "fires" || verdict === "fires again") {
        decisions.push({ what: "fired", check, value, since: now.firing ?? at, again: verdict === "fires again" });
      } else if (verdict === "recovers") {
        decisions.push({ what: "recovered", check, value, since: before?.judged.firing ?? at, gone: false });
      }
      known.set(check.id, {
        check,
        // Held back, it may fire at the next sample.
        judged: isHeld ? { ...now, firing: null, verdict: null } : now,
        heldBy: look.bad === null ? (before?.heldBy ?? null) : heldBy,
        values: valuesOf(before, now, look),
        lastAction: before?.lastAction ?? null,
      });
    }
    for (const [id, { check, judged: last }] of this.#known) {
      if (!known.has(id) && last.firing !== null) decisions.push({ what: "recovered", check, value: null, since: last.firing, gone: true });
    }
    this.#known = known;
    return decisions;
  }

  /** What was done about it, a sentence. */
  acted(id: string, at: number, text: string): void {
    const known = this.#known.get(id);
    if (known !== undefined) this.#known.set(id, { ...known, lastAction: { at, text } });
  }

  /** What would be missed: checks that fire, or have bad samples. The others begin anew as well as they are. */
  get remembered(): readonly KnownCheck[] {
    return [...this.#known.values()].filter(({ judged }) => judged.firing !== null || judged.results.includes(true));
  }

  get states(): readonly CheckState[] {
    return [...this.#known.values()].map(stateOf);
  }

  #judge(look: CheckLook, at: number): { readonly before: KnownCheck | undefined; readonly now: Judged } {
    const before = this.#known.get(look.check.id);
    return { before, now: judge(look.check.for, before?.judged ?? NEVER_JUDGED, look, at) };
  }
}

function valuesOf(before: KnownCheck | undefined, now: Judged, { value, bad }: CheckLook): readonly string[] {
  if (bad === null) return before?.values ?? [];
  return [...(before?.values ?? []), value ?? (bad ? "bad" : "good")].slice(-now.results.length);
}

function stateOf({ check, judged, heldBy, values, lastAction }: KnownCheck): CheckState {
  return {
    id: check.id,
    subject: check.subject,
    check: check.text,
    for: `${check.for.times} of ${check.for.of}`,
    actions: check.actions.map(actionName),
    state: judged.firing !== null ? "firing" : judged.results.length === 0 ? "unknown" : "ok",
    bad: judged.results.filter(Boolean).length,
    samples: judged.results.length,
    values,
    firingSince: judged.firing,
    heldBy,
    lastAction,
  };
}

/**
 * The checks at work: each sample is judged, what fires is acted upon and told, and what recovers is told as well.
 *
 *   const checking = new Checking({ context: supervisor.context, control });
 *   checking.begin();                                  // follows what `apply` says from now on: context.desired.monitor
 *   const whole = withChecks(control, checking);
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { Notice } from "../../monitor/alerts.ts";
import { readAlertRoutes } from "../../monitor/alertsRoutes.ts";
import { type Check, type CheckDecision, type CheckLook, Checks } from "../../monitor/checks.ts";
import { type DiskChecks, readDiskChecks } from "../../monitor/checksDisk.ts";
import { type DiskLook, DiskLooks } from "../../monitor/checksDiskLook.ts";
import { type CheckedInstance, lookAtInstance } from "../../monitor/checksInstance.ts";
import type { MonitorSample } from "../../monitor/sample.ts";
import { actionName } from "../../values/checkActions.ts";
import { formatDuration } from "../../values/duration.ts";
import type { ChecksReport, Control, SupervisorEvent } from "../control.ts";
import type { MonitorConfig } from "../state/monitorShape.ts";
import { bootId } from "../tree/identity.ts";
import { alertOf } from "./alertEvents.ts";
import { Alerting } from "./alerting.ts";
import { perform } from "./checkActions.ts";
import { ChecksMemory } from "./checksMemory.ts";
import type { Context } from "./context.ts";
import { requirementsOf } from "./dependencies.ts";
import type { Unit } from "./unit.ts";

/** Milliseconds between two samples that are judged, however often somebody looks: "3 of 5" must not depend on that. */
const PACE = 5000;
/** A sample may come a little early. */
const EARLY = 0.9;

export interface CheckingOptions {
  readonly context: Context;
  readonly control: Pick<Control, "act" | "events" | "monitor">;
  /** Milliseconds between two samples. Default 5000. */
  readonly pace?: number;
  /** Milliseconds in which there is one alert of a thing at the most. Default 300,000. */
  readonly window?: number;
}

const CONFIGURATION = "checks";
const MEMORY = "check states";

export class Checking {
  readonly #alerting: Alerting;
  readonly #options: CheckingOptions;
  readonly #memory: ChecksMemory;
  #checks = new Checks();
  readonly #disks = new DiskLooks();
  #disk: readonly DiskChecks[] = [];
  #mistakes: readonly string[] = [];
  #followed: MonitorConfig | undefined;
  #judgedAt = Number.NEGATIVE_INFINITY;
  #ends: (() => void)[] = [];

  constructor(options: CheckingOptions) {
    this.#options = options;
    const { context, window } = options;
    const { problems, starter: env, home } = context;
    this.#memory = new ChecksMemory({
      path: join(home.run, "checks.json"),
      bootId: bootId(),
      report: (problem) => (problem === null ? problems.resolve(MEMORY, "are kept again") : problems.report(MEMORY, problem)),
    });
    this.#alerting = new Alerting({ host: hostname(), env, problems, ...(window === undefined ? {} : { window }) });
  }

  /** What has a mistake is left out, and told. */
  #follow(): void {
    const { monitor } = this.#options.context.desired;
    if (monitor === this.#followed) return;
    this.#followed = monitor;
    const { disk, alerts } = monitor;
    const { problems } = this.#options.context;
    const checks = readDiskChecks(disk);
    const routes = readAlertRoutes(alerts);
    this.#disk = checks.checks;
    this.#alerting.routes = routes.routes;
    this.#mistakes = [...checks.mistakes, ...routes.mistakes];
    if (this.#mistakes.length > 0) problems.report(CONFIGURATION, this.#mistakes.join("; "));
    else problems.resolve(CONFIGURATION, "the configuration has no mistake any more");
  }

  begin(): void {
    const { events, monitor } = this.#options.control;
    this.#follow();
    this.#remember();
    this.#ends = [monitor.onSample((sample) => this.#judge(sample)), events.subscribe((event) => this.#heard(event))];
    this.#alerting.begin();
  }

  /** What the supervisor before has told is not told again, but its end is. */
  #remember(): void {
    const { problems } = this.#options.context;
    const remembered = this.#memory.read(Date.now());
    this.#checks = new Checks(remembered);
    for (const { check, judged, values } of remembered) {
      if (judged.firing === null) continue;
      const message = `${values.at(-1) ?? "bad"} (${check.for.times} of ${check.for.of})`;
      problems.adopt(check.id, message);
      if (check.actions.includes("alert")) this.#alerting.adopt(troubleOf(check, message, judged.firing, judged.firing));
    }
  }

  end(): void {
    for (const end of this.#ends) end();
    this.#alerting.end();
  }

  /** With the routes of the configuration as it is now. */
  get alerting(): Alerting {
    this.#follow();
    return this.#alerting;
  }

  get report(): ChecksReport {
    this.#follow();
    return { checks: this.#checks.states, mistakes: this.#mistakes };
  }

  #judge(sample: MonitorSample): void {
    this.#follow();
    const { pace = PACE } = this.#options;
    // A clock that was set back begins anew.
    if (sample.at >= this.#judgedAt && sample.at - this.#judgedAt < pace * EARLY) return;
    this.#judgedAt = sample.at;
    const disk = this.#disks.look(this.#disk, sample);
    const disks = new Map(disk.map((look) => [look.check.id, look]));
    for (const decision of this.#checks.look([...this.#instanceLooks(sample), ...disk], sample.at)) {
      if (decision.what === "fired") void this.#fired(decision, disks.get(decision.check.id), sample.at);
      else this.#recovered(decision, sample.at);
    }
    // Afterwards: who dies in between does and tells it again rather than never.
    this.#memory.write(this.#checks.remembered, sample.at);
  }

  #instanceLooks(sample: MonitorSample): readonly CheckLook[] {
    const samples = new Map(sample.instances.map((one) => [one.name, one]));
    const { units, desired } = this.#options.context;
    const needs = new Map<string, readonly string[]>();
    return [...units.values()].flatMap((unit) => {
      if (unit.spec.checks.length === 0) return [];
      const found = needs.get(unit.service) ?? requirementsOf([unit.service], (name) => desired.services.get(name)?.spec);
      needs.set(unit.service, found);
      return lookAtInstance(checkedInstance(unit, found), samples.get(unit.name));
    });
  }

  /** One action after the other, in the order in which they were written. */
  async #fired(decision: CheckDecision, disk: DiskLook | undefined, at: number): Promise<void> {
    const { context, control } = this.#options;
    const { check, value } = decision;
    const { times, of } = check.for;
    const actions = check.actions.filter((action) => action !== "alert");
    const plan = actions.length === 0 ? "" : `: ${actions.map(actionName).join(", ")}`;
    const message = `${value ?? "bad"} (${times} of ${of})${plan}`;
    context.problems.report(check.id, message);
    if (actions.length < check.actions.length) this.#alerting.failing(troubleOf(check, message, at, decision.since));
    const done: string[] = [];
    for (const [index, action] of check.actions.entries()) {
      if (action === "alert") continue;
      done.push(await perform({ context, act: control.act }, action, { decision, unit: context.units.get(check.subject), disk, index }));
      this.#checks.acted(check.id, Date.now(), done.join("; "));
    }
    if (actions.length === 0) this.#checks.acted(check.id, Date.now(), "alert");
  }

  #recovered({ check, value, since, ...decision }: CheckDecision, at: number): void {
    const gone = decision.what === "recovered" && decision.gone;
    const message = gone ? "is not checked any more" : `${value ?? "good"}, well again after ${formatDuration(Math.max(0, at - since))}`;
    this.#options.context.problems.resolve(check.id, message);
    this.#alerting.recovered(troubleOf(check, message, at, since));
  }

  #heard(event: SupervisorEvent): void {
    this.#follow();
    const alert = alertOf(event, (subject) => this.#isLasting(subject));
    if (alert === null) return;
    if (alert.what !== "gone") {
      this.#alerting[alert.what](alert.trouble);
      return;
    }
    for (const key of this.#alerting.failures.filter((one) => one.startsWith(alert.prefix))) {
      const subject = key.replace(/ .*$/, "");
      this.#alerting.recovered({ key, subject, title: "failed", message: `${subject} was deleted`, at: event.at, since: null });
    }
  }

  /** Checks have alerts of their own, where they want any; and that alerts can't be told can't be told. */
  #isLasting(subject: string): boolean {
    if (subject === CONFIGURATION || subject.startsWith("alerts: ") || this.#checks.states.some(({ id }) => id === subject)) return false;
    return this.#options.context.problems.sentences.some((sentence) => sentence.startsWith(`${subject}: `));
  }
}

function checkedInstance({ name, service, instance, spec }: Unit, needs: readonly string[]): CheckedInstance {
  const { state, attempt, wanted } = instance;
  const serves = state === "running" || state === "reloading";
  const rests = wanted && (state === "failed" || state === "completed");
  return { name, service, run: String(attempt), condition: serves ? "serves" : rests ? "rests" : "other", needs, checks: spec.checks };
}

function troubleOf({ id, subject, text }: Check, message: string, at: number, since: number): Omit<Notice, "kind" | "count"> {
  return { key: `check ${id}`, subject, title: text, message: `${id}: ${message}`, at, since };
}

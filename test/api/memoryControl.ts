/** A supervisor that only exists in memory: services that are started by being told so, and settle when the test lets them. */

import { planApply } from "../../src/service/planApply.ts";
import { redact } from "../../src/service/redact.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import {
  type ActionRequest,
  type ActionResult,
  type AlertsReport,
  type AlertTest,
  type ApplyRequest,
  type ApplyResult,
  type ChecksReport,
  type Control,
  ControlError,
  type EventSource,
  type Explanation,
  type InstanceOutcome,
  type InstanceStatus,
  type ServiceDescription,
  type ServiceStatus,
  type SupervisorStatus,
} from "../../src/supervisor/control.ts";
import { selectInstances } from "../../src/supervisor/selector.ts";
import type { State } from "../../src/supervisor/states.ts";
import { MemoryMonitor } from "./memoryMonitor.ts";

interface Service {
  spec: ServiceSpec;
  wanted: boolean;
  readonly states: Map<string, State>;
}

type AnyRequest = ActionRequest | ApplyRequest | { readonly by: string; readonly force?: boolean };

export class MemoryControl implements Control {
  readonly events: EventSource;
  readonly monitor = new MemoryMonitor();
  /** Every request that changes something, as it came. */
  readonly requests: AnyRequest[] = [];
  /** Awaited before each action is done: a test makes it fail, or wait. */
  before: (request: AnyRequest) => Promise<void> | void = () => {};
  readonly #services = new Map<string, Service>();

  constructor(events: EventSource, specs: readonly ServiceSpec[]) {
    this.events = events;
    for (const spec of specs) this.#put(spec);
  }

  about(): SupervisorStatus {
    const services = this.list();
    const instances = services.flatMap((service) => service.instances);
    return {
      version: "0.0.0-test",
      pid: process.pid,
      startedAt: 1_700_000_000_000,
      init: { pid: process.ppid, supervisors: 3 },
      mode: "daemon",
      directories: { run: "/r", state: "/s", log: "/l", config: "/c" },
      services: services.length,
      instances: instances.length,
      running: instances.filter(({ state }) => state === "running").length,
      memory: process.memoryUsage.rss(),
      degraded: ["limits can't be set"],
    };
  }

  list(selector?: string): readonly ServiceStatus[] {
    return this.#select(selector ?? "all").map(({ name, instances }) => this.#status(name, instances));
  }

  describe(selector: string, { secrets = false } = {}): readonly ServiceDescription[] {
    return this.#select(selector).map(({ name, instances }) => {
      const { spec } = this.#get(name);
      return {
        ...this.#status(name, instances),
        spec: secrets ? spec : redact(spec),
        sockets: [{ name: "http", address: "tcp://127.0.0.1:1", open: true }],
        dependsOn: [{ service: "db", until: "ready", met: false }],
      };
    });
  }

  why(selector: string): readonly Explanation[] {
    return this.list(selector).flatMap(({ instances }) =>
      instances.map(({ name, state, why, lastExit }) => ({
        name,
        state,
        sentence: why,
        history: [{ wall: 5, from: "stopped", to: state, reason: "asked" }],
        lastExit,
        lastOutput: ["one", "two"],
      })),
    );
  }

  async act(request: ActionRequest): Promise<ActionResult> {
    this.requests.push(request);
    const selected = this.#select(request.selector);
    await this.before(request);
    const instances: InstanceOutcome[] = [];
    for (const { name, instances: numbers } of selected) {
      const service = this.#get(name);
      if (request.action === "scale") this.#put({ ...service.spec, instances: request.instances });
      const state = request.action === "stop" || request.action === "delete" ? "stopped" : "running";
      for (const number of request.action === "scale" ? service.states.keys() : numbers) {
        if (request.action !== "signal") service.states.set(number, state);
        instances.push({ name: `${name}/${number}`, state, outcome: "done", why: `${name}/${number} is ${state}`, pid: null });
      }
      if (request.action === "delete") this.#services.delete(name);
    }
    return { instances };
  }

  async apply(request: ApplyRequest): Promise<ApplyResult> {
    this.requests.push(request);
    await this.before(request);
    const plan = planApply(
      [...this.#services.values()].map(({ spec }) => spec),
      request.services,
    );
    const dryRun = request.dryRun === true;
    if (!dryRun) for (const spec of request.services) this.#put(spec);
    if (!dryRun && request.prune) for (const name of plan.removed) this.#services.delete(name);
    return { plan, dryRun, instances: [] };
  }

  async shutdown(request: { readonly by: string; readonly force?: boolean }): Promise<ActionResult> {
    this.requests.push(request);
    await this.before(request);
    return this.act({ action: "stop", selector: "all", by: request.by });
  }

  checks(): ChecksReport {
    const lastAction = { at: 1_700_000_000_000, text: "restarted" };
    const web = {
      id: "web/0: memory above 1 MiB",
      subject: "web/0",
      check: "memory above 1 MiB",
      for: "1 of 2",
      actions: ["alert", "restart"],
    };
    const firing = {
      state: "firing" as const,
      bad: 1,
      samples: 2,
      values: ["0 B", "2 MiB"],
      firingSince: 1_700_000_000_000,
      heldBy: null,
      lastAction,
    };
    const disk = { id: "/: read-only", subject: "/", check: "read-only", for: "1 of 1", actions: ["alert"] };
    const unknown = { state: "unknown" as const, bad: 0, samples: 0, values: [], firingSince: null, heldBy: "db", lastAction: null };
    return {
      checks: [
        { ...web, ...firing },
        { ...disk, ...unknown },
      ],
      mistakes: ["disk[1].fre: there is no such key"],
    };
  }

  alerts(): AlertsReport {
    const alert = { at: 1_700_000_000_000, subject: "web/0", title: "memory above 1 MiB", count: 2 };
    const route = { name: "webhook example.com", kind: "webhook" as const, sent: 1, lastSentAt: 1_700_000_000_000 };
    const waits = { lastError: "example.com: answered 503", waiting: [{ ...alert, attempts: 3 }], nextAt: 1_700_000_001_000, dropped: 1 };
    return { routes: [{ ...route, ...waits }], recent: [{ ...alert, kind: "failing", message: "web/0: memory above 1 MiB: 2 MiB" }] };
  }

  async testAlerts(route?: string): Promise<readonly AlertTest[]> {
    if (route === "nosuch") throw new ControlError("ERR_BAD_REQUEST", 'there is no route "nosuch" for alerts');
    return [
      { route: "webhook example.com", kind: "webhook", error: "example.com: answered 503", took: 12 },
      { route: "exec page", kind: "exec", error: null, took: 3 },
    ];
  }

  #put(spec: ServiceSpec): void {
    const before = this.#services.get(spec.name)?.states;
    const states = new Map(
      Array.from({ length: spec.instances }, (_, index) => [`${index}`, before?.get(`${index}`) ?? ("running" as State)]),
    );
    this.#services.set(spec.name, { spec, wanted: true, states });
  }

  #get(name: string): Service {
    const service = this.#services.get(name);
    if (service === undefined) throw new ControlError("ERR_NO_SUCH_SERVICE", `there is no service ${name}`);
    return service;
  }

  #select(selector: string) {
    return selectInstances(
      selector,
      [...this.#services].map(([name, { states }]) => ({ name, instances: [...states.keys()] })),
    );
  }

  #status(name: string, numbers: readonly string[]): ServiceStatus {
    const { states, wanted } = this.#get(name);
    const instances = numbers.map((number): InstanceStatus => {
      const state = states.get(number) ?? "stopped";
      const isUp = state === "running";
      return {
        name: `${name}/${number}`,
        state,
        ready: isUp,
        wanted,
        pid: isUp ? process.pid : null,
        since: 1,
        startedAt: isUp ? 1_700_000_000_500 : null,
        restarts: 2,
        attempt: 3,
        why: `${name}/${number} is ${state}`,
        statusText: null,
        lastExit: { status: { signal: "SIGKILL" }, pid: 1, at: 2, usage: { userMs: 1, systemMs: 2, maxRssBytes: 3 } },
        cpu: isUp ? 0.25 : null,
        memory: isUp ? 4096 : null,
        adopted: false,
        log: "/l/x.log",
        errorLog: null,
        degraded: [],
      };
    });
    return { name, wanted, instances, schedule: { cron: "* * * * *", timeZone: null, next: 1 } };
  }
}

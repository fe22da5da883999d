/**
 * A supervisor without processes behind a real API server: commands are real child processes, and what they are told is settled here.
 * A service's behaviour is in its command: ["fail"] fails, ["slow", ms] settles after so many milliseconds, any other runs at once.
 */
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { serveApi } from "../../src/api/server.ts";
import { native } from "../../src/native/addon.ts";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { planApply } from "../../src/service/planApply.ts";
import { redact } from "../../src/service/redact.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import type {
  ActionRequest,
  ActionResult,
  AlertsReport,
  AlertTest,
  ApplyRequest,
  ApplyResult,
  ChecksReport,
  Control,
  EventContent,
  EventSource,
  InstanceOutcome,
  InstanceStatus,
  ServiceStatus,
  SupervisorEvent,
  SupervisorStatus,
} from "../../src/supervisor/control.ts";
import { selectInstances } from "../../src/supervisor/selector.ts";
import type { State } from "../../src/supervisor/states.ts";
import { MemoryMonitor } from "../api/memoryMonitor.ts";
import type { Tracked } from "../support/cleanup.ts";

interface MemoryService {
  spec: ServiceSpec;
  wanted: boolean;
  instances: InstanceStatus[];
  schedule: ServiceStatus["schedule"];
}

export class MemoryControl implements Control {
  readonly services = new Map<string, MemoryService>();
  readonly requests: (Omit<ActionRequest, "signal"> | Omit<ApplyRequest, "signal">)[] = [];
  degraded: string[] = [];
  readonly #events: SupervisorEvent[] = [];
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  #pid = 1000;

  readonly events: EventSource;
  readonly monitor = new MemoryMonitor();

  constructor() {
    const kept = this.#events;
    this.events = {
      get latest() {
        return kept.at(-1)?.seq ?? 0;
      },
      after: (seq) => kept.filter((event) => event.seq > seq),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  emit(content: EventContent): void {
    const event = { seq: this.events.latest + 1, at: Date.now(), ...content };
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  about(): SupervisorStatus {
    const instances = [...this.services.values()].flatMap((service) => service.instances);
    return {
      version: "0",
      pid: process.pid,
      startedAt: 0,
      init: { pid: 1, supervisors: 1 },
      mode: "daemon",
      directories: { run: "/run", state: "/state", log: "/log", config: "/config" },
      services: this.services.size,
      instances: instances.length,
      running: instances.filter(({ state }) => state === "running").length,
      memory: 1,
      degraded: this.degraded,
    };
  }

  list(selector?: string): readonly ServiceStatus[] {
    if (selector === undefined) return [...this.services.values()].map((service) => status(service, service.instances));
    return this.#selected(selector).map(({ service, instances }) => status(service, instances));
  }

  describe(selector: string, { secrets = false }: { readonly secrets?: boolean } = {}) {
    return this.#selected(selector).map(({ service, instances }) => ({
      ...status(service, instances),
      spec: secrets ? service.spec : redact(service.spec),
      sockets: [{ name: "http", address: "tcp://127.0.0.1:8080", open: true }],
      dependsOn: [{ service: "db", until: "ready", met: false }],
    }));
  }

  why(selector: string) {
    return this.#selected(selector).flatMap(({ instances }) =>
      instances.map(({ name, state, why, lastExit }) => ({
        name,
        state,
        sentence: why,
        history: [{ wall: 1000, from: "starting" as const, to: state, reason: "it said so" }],
        lastExit,
        lastOutput: ["\u001b[31mlast\u001b[0m words"],
      })),
    );
  }

  async act(request: ActionRequest): Promise<ActionResult> {
    const { signal: _, ...seen } = request;
    this.requests.push(seen);
    const selected = this.#selected(request.selector);
    if (request.action === "scale") {
      for (const { service } of selected) this.#resize(service, request.instances);
      return {
        instances: await this.#settle(
          selected.flatMap(({ service }) => service.instances.map(({ name }) => name)),
          "running",
          request,
        ),
      };
    }
    const names = selected.flatMap(({ instances }) => instances.map(({ name }) => name));
    if (request.action === "signal") return { instances: names.map((name) => this.#outcome(name, "done")) };
    const down = request.action === "stop" || request.action === "delete";
    for (const { service } of selected) service.wanted = !down;
    const instances = await this.#settle(names, down ? "stopped" : "running", request);
    if (request.action === "delete") for (const { service } of selected) this.services.delete(service.spec.name);
    return { instances };
  }

  async apply(request: ApplyRequest): Promise<ApplyResult> {
    const { signal: _, ...seen } = request;
    this.requests.push(seen);
    const { services, dryRun = false, prune = false, start = false } = request;
    const plan = planApply(
      [...this.services.values()].map(({ spec }) => spec),
      services,
    );
    if (dryRun) return { plan, dryRun, instances: [] };
    const outcomes: InstanceOutcome[] = [];
    if (prune)
      for (const selector of plan.removed) outcomes.push(...(await this.act({ ...request, action: "delete", selector })).instances);
    const touched = new Set([...plan.added, ...plan.changed.map(({ name }) => name)]);
    for (const spec of services) {
      const before = this.services.get(spec.name);
      if (before !== undefined && start && !before.wanted) touched.add(spec.name);
      const service = before ?? { spec, wanted: true, instances: [], schedule: null };
      service.spec = spec;
      this.services.set(spec.name, service);
      this.#resize(service, spec.instances);
    }
    const names = [...touched].flatMap((name) => this.services.get(name)?.instances.map((instance) => instance.name) ?? []);
    outcomes.push(...(await this.#settle(names, "running", request)));
    return { plan, dryRun, instances: outcomes };
  }

  /** Nothing is checked, and nobody is told. */
  checks(): ChecksReport {
    return { checks: [], mistakes: [] };
  }

  alerts(): AlertsReport {
    return { routes: [], recent: [] };
  }

  async testAlerts(): Promise<readonly AlertTest[]> {
    return [];
  }

  async shutdown(): Promise<ActionResult> {
    return { instances: [] };
  }

  /** A service that runs already; its command says how it behaves from now on. */
  async add(name: string, ...command: readonly string[]): Promise<void> {
    const { config } = await checkConfig({ services: { [name]: { command } } });
    const [spec] = config?.services ?? [];
    if (spec === undefined) throw new Error(`${name} has a mistake`);
    const service: MemoryService = { spec, wanted: true, instances: [], schedule: null };
    this.services.set(name, service);
    this.#resize(service, 1);
    this.#enter(`${name}/0`, "running");
  }

  /** Changes what an instance says of itself. */
  set(name: string, change: Partial<InstanceStatus>): void {
    const service = this.#serviceOf(name);
    service.instances = service.instances.map((instance) => (instance.name === name ? { ...instance, ...change } : instance));
  }

  #serviceOf(instance: string): MemoryService {
    const found = this.services.get(instance.replace(/\/\d+$/, ""));
    if (found === undefined) throw new Error(`${instance} is gone`);
    return found;
  }

  #resize(service: MemoryService, count: number): void {
    service.instances = service.instances.slice(0, count);
    while (service.instances.length < count) service.instances.push(newStatus(`${service.spec.name}/${service.instances.length}`));
  }

  async #settle(names: readonly string[], goal: State, { wait = null }: { readonly wait?: number | null }): Promise<InstanceOutcome[]> {
    const began = Date.now();
    return Promise.all(
      names.map(async (name) => {
        const [what = "", ms] = this.#serviceOf(name).spec.command;
        const delay = what === "slow" ? Number(ms) : 0;
        this.#enter(name, goal === "stopped" ? "stopping" : "starting");
        const rest = sleep(delay).then(() => this.#enter(name, what === "fail" && goal === "running" ? "failed" : goal));
        if (wait !== null && wait < delay) {
          await sleep(Math.max(0, wait - (Date.now() - began)));
          return this.#outcome(name, "pending");
        }
        await rest;
        return this.#outcome(name, what === "fail" && goal === "running" ? "failed" : "done");
      }),
    );
  }

  #enter(name: string, to: State): void {
    const service = this.services.get(name.replace(/\/\d+$/, ""));
    const from = service?.instances.find((instance) => instance.name === name)?.state;
    if (from === undefined) return;
    const pid = to === "running" ? this.#pid++ : null;
    this.set(name, {
      state: to,
      pid,
      ready: to === "running",
      startedAt: Date.now(),
      why: `${name} is ${to}: it said so`,
      wanted: service?.wanted ?? false,
    });
    this.emit({ type: "state", instance: name, from, to, reason: "it said so" });
  }

  #outcome(name: string, outcome: InstanceOutcome["outcome"]): InstanceOutcome {
    const found = this.#serviceOf(name).instances.find((instance) => instance.name === name);
    return { name, state: found?.state ?? "stopped", outcome, why: found?.why ?? "", pid: found?.pid ?? null };
  }

  #selected(selector: string): readonly { readonly service: MemoryService; readonly instances: readonly InstanceStatus[] }[] {
    const known = [...this.services.values()].map(({ spec, instances }) => ({
      name: spec.name,
      instances: instances.map((_, index) => String(index)),
    }));
    return selectInstances(selector, known).map(({ name, instances }) => {
      const service = this.#serviceOf(name);
      return { service, instances: service.instances.filter((instance) => instances.includes(instance.name.slice(name.length + 1))) };
    });
  }
}

function status({ spec, wanted, schedule }: MemoryService, instances: readonly InstanceStatus[]): ServiceStatus {
  return { name: spec.name, wanted, instances, schedule };
}

function newStatus(name: string): InstanceStatus {
  return {
    ...{ name, state: "stopped", ready: false, wanted: true, pid: null, since: 0, startedAt: null, restarts: 0, attempt: 1 },
    ...{ why: `${name} was never started`, statusText: null, lastExit: null, cpu: null, memory: null, adopted: false },
    ...{ log: `/log/${name}.log`, errorLog: null, degraded: [] },
  };
}

export interface Served {
  readonly control: MemoryControl;
  /** For commands, which find it by DAEMONITOR_HOME. */
  readonly env: Readonly<Record<string, string>>;
}

/** A control behind a server, in a home of its own, until the test ends. */
export async function serveMemory(tracked: Tracked): Promise<Served> {
  const home = tracked.dir();
  mkdirSync(`${home}/run`, { mode: 0o700 });
  const fd = native().listenUnix(`${home}/run/control.sock`, 0o600, 128);
  const control = new MemoryControl();
  const api = await serveApi(control, { fd, owner: process.geteuid?.() ?? 0, version: "0" });
  tracked.defer(() => api.close());
  return { control, env: { DAEMONITOR_HOME: home } };
}

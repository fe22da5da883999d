/** What the page knows of the supervisor, kept up to date by the server's events. */
import type { LiveMessage, LiveMessages, MonitorSample, ServiceStatus, SupervisorEvent, SupervisorStatus } from "../src/dashboard/wire.ts";

/** A quarter of an hour of the small lines, a value for each 5 s, as the supervisor's history has it. */
export const SPARK = { length: 180, step: 5000 } as const;
const MOST_EVENTS = 500;

export class Store {
  readonly services = new Map<string, ServiceStatus>();
  sample: MonitorSample | undefined;
  supervisor: SupervisorStatus | undefined;
  checks: LiveMessages["checks"] = { firing: [], mistakes: [] };
  events: SupervisorEvent[] = [];
  /** CPU of each instance, oldest first. */
  readonly sparks = new Map<string, (number | null)[]>();
  link: { readonly up: boolean; readonly why: string | null } = { up: false, why: "connecting" };
  readonly #listeners = new Set<(what: LiveMessage) => void>();
  #source: EventSource | undefined;

  /** Called after each change. Returns the end of it. */
  listen(listener: (what: LiveMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param onRefused the session is over */
  connect(onRefused: () => void): void {
    this.disconnect();
    const source = new EventSource("/api/live");
    this.#source = source;
    for (const name of Object.keys(this.#takes) as LiveMessage[]) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.#takes[name](JSON.parse(data));
        this.#told(name);
      });
    }
    source.addEventListener("error", () => {
      this.link = { up: false, why: "the dashboard's server does not answer" };
      this.#told("link");
      // EventSource gives up for good where the answer was an error: a session that is over, or a server behind another one.
      if (source.readyState === EventSource.CLOSED) setTimeout(onRefused, 1000);
    });
  }

  disconnect(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  readonly #takes: { readonly [M in LiveMessage]: (content: LiveMessages[M]) => void } = {
    services: ({ services }) => {
      this.services.clear();
      for (const service of services) this.services.set(service.name, service);
    },
    changed: ({ services, deleted }) => {
      for (const name of deleted) this.services.delete(name);
      for (const service of services) this.services.set(service.name, service);
    },
    sample: (sample) => {
      const slot = (at: number | undefined) => Math.floor((at ?? 0) / SPARK.step);
      const isNew = slot(sample.at) !== slot(this.sample?.at);
      this.sample = sample;
      const names = new Set<string>();
      for (const { name, cpu } of sample.instances) {
        names.add(name);
        const past = this.sparks.get(name) ?? [];
        if (!isNew) past.pop();
        past.push(cpu);
        if (past.length > SPARK.length) past.shift();
        this.sparks.set(name, past);
      }
      for (const name of this.sparks.keys()) if (!names.has(name)) this.sparks.delete(name);
    },
    event: (event) => {
      this.events.push(event);
      if (this.events.length > MOST_EVENTS) this.events.shift();
    },
    checks: (checks) => {
      this.checks = checks;
    },
    supervisor: (supervisor) => {
      this.supervisor = supervisor;
    },
    link: (link) => {
      this.link = link;
    },
  };

  #told(what: LiveMessage): void {
    for (const listener of this.#listeners) listener(what);
  }
}

/**
 * What all pages are told as it happens. However many pages look, the supervisor is asked once: a sample each second, what
 * happens, and the services where something happened. While no page looks, there is a sample each 5 s, for the history.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../api/client.ts";
import type { MonitorSample, ServiceStatus, SupervisorEvent } from "./apiTypes.ts";
import { changesSince, type Told } from "./changes.ts";
import type { LiveMessage, LiveMessages } from "./wire.ts";

/** Gets messages as they are on the wire. */
export type Listener = (event: LiveMessage, data: string) => void;

/** Seconds between two samples. */
const WATCHED = 1;
const UNWATCHED = 5;
/** Milliseconds: what happens at once is told at once, as one change. */
const GATHER = 100;
const SURVEY = 5000;
const RETRY = 1000;
const MOST_EVENTS = 500;

export class Live {
  readonly #client: Client;
  readonly #onSample: (sample: MonitorSample) => void;
  readonly #listeners = new Set<Listener>();
  readonly #ends = new AbortController();
  #sampling = new AbortController();
  #told: Told = new Map();
  #services: readonly ServiceStatus[] = [];
  #latest = new Map<LiveMessage, string>();
  #events: SupervisorEvent[] = [];
  #surveyAt: NodeJS.Timeout | undefined;
  #surveying = false;

  constructor(client: Client, onSample: (sample: MonitorSample) => void) {
    this.#client = client;
    this.#onSample = onSample;
  }

  start(): void {
    void this.#follow(() => this.#followSamples());
    void this.#follow(() => this.#followEvents());
    this.#surveySoon(0);
  }

  stop(): void {
    this.#ends.abort();
    this.#sampling.abort();
    clearTimeout(this.#surveyAt);
  }

  /** Of the instances of a service, or all; the latest that are kept, oldest first. */
  eventsOf(service?: string): readonly SupervisorEvent[] {
    return service === undefined ? this.#events : this.#events.filter((event) => isOf(event, service));
  }

  get sample(): MonitorSample | undefined {
    const text = this.#latest.get("sample");
    return text === undefined ? undefined : (JSON.parse(text) as MonitorSample);
  }

  /** Told at once what is known, then what changes. Returns the end of it. */
  listen(listener: Listener): () => void {
    for (const name of ["link", "supervisor", "checks", "sample"] as const) {
      const latest = this.#latest.get(name);
      if (latest !== undefined) listener(name, latest);
    }
    if (this.#latest.has("supervisor")) listener("services", JSON.stringify({ services: this.#services }));
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#sampling.abort();
    this.#surveySoon(0);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#sampling.abort();
    };
  }

  async #followSamples(): Promise<void> {
    this.#sampling = new AbortController();
    const interval = this.#listeners.size > 0 ? WATCHED : UNWATCHED;
    for await (const sample of this.#client.samples({ interval, signal: this.#sampling.signal })) {
      this.#tell("sample", sample);
      this.#onSample(sample);
    }
  }

  async #followEvents(): Promise<void> {
    // The first ones are the past: they are kept and not told.
    const past: SupervisorEvent[] = [];
    for await (const event of this.#client.events({ after: 0, follow: false, signal: this.#ends.signal })) past.push(event);
    this.#events = past.slice(-MOST_EVENTS);
    const after = past.at(-1)?.seq ?? 0;
    for await (const event of this.#client.events({ after, signal: this.#ends.signal })) {
      this.#events.push(event);
      if (this.#events.length > 2 * MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
      this.#tell("event", event);
      this.#surveySoon(GATHER);
    }
  }

  /** Again and again: a supervisor that was shut down may come back. */
  async #follow(once: () => Promise<void>): Promise<void> {
    while (!this.#ends.signal.aborted) {
      const restarted = await once().then(
        () => this.#sampling.signal.aborted,
        () => false,
      );
      if (!restarted) await sleep(RETRY, undefined, { signal: this.#ends.signal }).catch(() => {});
      else await sleep(10);
    }
  }

  #surveySoon(delay: number): void {
    if (this.#ends.signal.aborted) return;
    clearTimeout(this.#surveyAt);
    this.#surveyAt = setTimeout(() => void this.#survey(), delay);
  }

  async #survey(): Promise<void> {
    if (this.#surveying) return this.#surveySoon(GATHER);
    this.#surveying = true;
    try {
      await this.#tellServices();
      if (this.#listeners.size > 0) await this.#tellChecks();
    } catch (error) {
      if (!this.#ends.signal.aborted) this.#tell("link", { up: false, why: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#surveying = false;
      this.#surveySoon(SURVEY);
    }
  }

  async #tellServices(): Promise<void> {
    const { supervisor, services } = await this.#client.survey();
    this.#tellNew("link", { up: true, why: null });
    this.#tellNew("supervisor", supervisor);
    const { told, changes } = changesSince(this.#told, services);
    this.#told = told;
    this.#services = services;
    if (changes !== undefined) this.#tell("changed", changes);
  }

  async #tellChecks(): Promise<void> {
    // A supervisor in which nothing is checked refuses.
    const { checks, mistakes } = await this.#client.checks().catch(() => ({ checks: [], mistakes: [] }));
    this.#tellNew("checks", { firing: checks.filter(({ state }) => state === "firing"), mistakes });
  }

  #tellNew<M extends LiveMessage>(name: M, content: LiveMessages[M]): void {
    if (this.#latest.get(name) !== JSON.stringify(content)) this.#tell(name, content);
  }

  #tell<M extends LiveMessage>(name: M, content: LiveMessages[M]): void {
    const data = JSON.stringify(content);
    this.#latest.set(name, data);
    for (const listener of this.#listeners) listener(name, data);
  }
}

function isOf(event: SupervisorEvent, service: string): boolean {
  if ("instance" in event) return event.instance.startsWith(`${service}/`);
  if ("service" in event) return event.service === service;
  return "subject" in event && (event.subject === service || event.subject.startsWith(`${service}/`));
}

/**
 * Commands that never cease: several at once, drawn from a seed, each to a service that no other command is under way for,
 * so that what a service is meant to be is always known.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../src/api/client.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import type { ActionResult } from "../../src/supervisor/control.ts";
import { identityOf, signalProcess } from "../../src/supervisor/tree/identity.ts";
import type { Random } from "../simulation/random.ts";
import { type Expected, instancesOf, type Model, specOf } from "./model.ts";
import { scan } from "./scan.ts";

type Command = "start" | "stop" | "restart" | "restart one" | "scale" | "change" | "recreate" | "kill";

export interface ChurnOptions {
  readonly model: Model;
  readonly random: Random;
  readonly run: string;
  ask<T>(request: (client: Client) => Promise<T>): Promise<T>;
  /** Somebody sends SIGKILL to an instance, or may. */
  forced(instance: string): void;
  problem(what: string): void;
}

const MOST_INSTANCES = 3;

export class Churn {
  readonly #options: ChurnOptions;
  readonly #workers: Promise<void>[] = [];
  #paused: Promise<void> | undefined;
  #resume = () => {};
  #ended = false;
  #active = 0;
  /** Commands that were answered. */
  commands = 0;

  constructor(options: ChurnOptions, workers = 4) {
    this.#options = options;
    for (let count = 0; count < workers; count++) this.#workers.push(this.#work());
  }

  /** Resolves when no command is under way. */
  async pause(): Promise<void> {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    while (this.#active > 0) await sleep(5);
  }

  resume(): void {
    this.#paused = undefined;
    this.#resume();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.resume();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    const { random, model } = this.#options;
    for (;;) {
      if (this.#paused !== undefined) await this.#paused;
      if (this.#ended) return;
      await sleep(random.wait(25));
      if (this.#paused !== undefined || this.#ended) continue;
      const service = model.services[random.integer(0, model.services.length - 1)];
      if (service === undefined || service.busy) continue;
      service.busy = true;
      this.#active++;
      const command = draw(random, service);
      const began = performance.now();
      try {
        await this.#give(command, service);
        this.commands++;
      } catch (error) {
        const ms = Math.round(performance.now() - began);
        this.#options.problem(
          `the command "${command} ${service.name}" failed after ${ms} ms: ${error instanceof Error ? error.message : error}`,
        );
      } finally {
        service.busy = false;
        this.#active--;
      }
    }
  }

  async #give(command: Command, service: Expected): Promise<void> {
    const { random, ask } = this.#options;
    const { name: selector, kind } = service;
    const wait = kind.restless || random.chance(0.5) ? 0 : 20_000;
    // Whoever is asked to end gets SIGKILL in the end.
    if (command !== "start") for (const instance of instancesOf(service)) this.#options.forced(instance);
    switch (command) {
      case "start":
      case "restart": {
        const result = await ask((client) => client.act({ action: command, selector, wait }));
        service.wanted = true;
        this.#settled(command, service, result, wait, "running");
        return;
      }
      case "restart one": {
        const one = `${selector}/${random.integer(0, service.instances - 1)}`;
        const result = await ask((client) => client.act({ action: "restart", selector: one, wait }));
        this.#settled(command, service, result, wait, "running");
        return;
      }
      case "stop": {
        const result = await ask((client) => client.act({ action: "stop", selector, wait: null }));
        service.wanted = false;
        this.#settled(command, service, result, null, "stopped");
        if (random.chance(0.3)) this.#mustBeGone(service);
        return;
      }
      case "scale": {
        const instances = random.integer(1, MOST_INSTANCES);
        const before = instancesOf(service);
        const result = await ask((client) => client.act({ action: "scale", selector, instances, wait }));
        service.instances = instances;
        for (const instance of [...before, ...instancesOf(service)]) this.#options.forced(instance);
        this.#settled(command, service, result, wait, undefined);
        return;
      }
      case "change": {
        const value = service.value + 1;
        await ask((client) => client.apply({ services: [specOf({ ...service, value })], wait }));
        service.value = value;
        return;
      }
      case "recreate": {
        await this.#delete(service);
        service.exists = false;
        await sleep(random.wait(10));
        await ask((client) => client.apply({ services: [specOf(service)], wait }));
        service.exists = true;
        service.wanted = true;
        return;
      }
      case "kill":
        this.#kill(service);
        return;
    }
  }

  async #delete({ name }: Expected): Promise<void> {
    try {
      await this.#options.ask((client) => client.act({ action: "delete", selector: name, wait: null }));
    } catch (error) {
      // It was deleted, and the answer got lost with the supervisor: the client asked once more.
      if (!(error instanceof DaemonError && error.code === "ERR_NO_SUCH_SERVICE")) throw error;
    }
  }

  /** "stopped" is never said while anything of it lives. */
  #mustBeGone(service: Expected): void {
    const left = scan(this.#options.run).processes.filter(({ instance }) => instance.startsWith(`${service.name}/`));
    if (left.length > 0)
      this.#options.problem(
        `${service.name} was said to be stopped, but lives: ${left.map(({ role, pid }) => `${role} ${pid}`).join(", ")}`,
      );
  }

  #settled(command: Command, { kind }: Expected, { instances }: ActionResult, wait: number | null, state: string | undefined): void {
    for (const { name, outcome, state: reached, why } of instances) {
      const isLeft = outcome === "pending" && wait !== null;
      if (isLeft && wait === 0) continue;
      if (outcome === "done" && (state === undefined || reached === state || kind.restless)) continue;
      if (kind.restless && state !== "stopped") continue;
      this.#options.problem(`"${command}" of ${name} was answered with ${outcome}, ${reached}: ${why}`);
    }
  }

  /** As somebody with kill(1) would. */
  #kill({ name }: Expected): void {
    const mains = scan(this.#options.run).processes.filter(({ instance, role }) => role === "main" && instance.startsWith(`${name}/`));
    for (const main of mains.slice(0, 1)) signalProcess(identityOf(main), "SIGKILL");
  }
}

function draw(random: Random, { kind, wanted, instances }: Expected): Command {
  if (!wanted) return random.pick(["start", "start", "start", "restart", "recreate"]);
  return random.pick<Command>([
    ...(["restart", "restart", "restart", "stop", "stop", "change", "change", "recreate", "kill", "kill"] as const),
    kind.scalable ? "scale" : "restart",
    kind.scalable ? "scale" : "stop",
    instances > 1 ? "restart one" : "start",
  ]);
}

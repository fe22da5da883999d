/**
 * The output of the services of a tree in the foreground, on its own standard output and error: sees to it that the process
 * that prints it lives, knows what to print, and has printed everything before the tree ends.
 */
import { closeSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { native } from "../../native/addon.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { monotonicMs } from "../../values/clock.ts";
import type { ServiceStatus } from "../control.ts";
import type { InitClient } from "../init/initClient.ts";
import { isSame, signalProcess } from "../tree/identity.ts";
import { OUTPUT_MEMORY, OutputMemory } from "./outputMemory.ts";
import { type StartedPrinter, startPrinter } from "./printerProcess.ts";

/** The name under which init holds what asks the process to end. */
const END_OF_OUTPUT = "run-output-end";
/** Milliseconds between two looks at whether it lives. */
const LOOK = 500;
const LOOK_AT_END = 10;
/** Milliseconds in which a reader of standard output must take something, when all else has ended. */
const PATIENCE = 5000;
const LONGEST_PAUSE = 30_000;
/** Milliseconds after which one that ends is not one that can't be started. */
const STABLE = 10_000;

export interface RunOutputOptions {
  /** What prints: program and arguments. */
  readonly command: readonly string[];
  /** What init held when this supervisor began. */
  readonly held: ReadonlyMap<string, number>;
  readonly client: Pick<InitClient, "hold">;
  /** Told why nothing is printed; undefined where it is. */
  report(problem: string | undefined): void;
}

export class RunOutput {
  readonly #options: RunOutputOptions;
  readonly #fd: number;
  readonly #memory: OutputMemory;
  #input: number | undefined;
  #started: StartedPrinter["identity"];
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #tried = 0;
  #tryAt = 0;
  #isEnding = false;

  /** Undefined where nothing is to be printed. */
  static of(options: RunOutputOptions): RunOutput | undefined {
    const fd = options.held.get(OUTPUT_MEMORY);
    return fd === undefined || options.command.length === 0 ? undefined : new RunOutput(options, fd);
  }

  private constructor(options: RunOutputOptions, fd: number) {
    this.#options = options;
    // Not among 0 to 3, which it is copied to.
    this.#fd = native().duplicate(fd, 10);
    this.#memory = new OutputMemory(this.#fd);
    this.#input = options.held.get(END_OF_OUTPUT);
  }

  /** From now on these logs are printed, and what was said before is not. By names such as "web/0" and "web/0.error". */
  show(logs: readonly string[]): void {
    if (logs.join() !== this.#memory.logs.join()) this.#memory.logs = logs;
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#look();
  }

  /** Resolves when everything is printed, or nobody has read any of it for 5 s. Then nobody prints any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#isEnding = true;
    if (this.#input !== undefined) askToEnd(this.#input);
    let last = "";
    for (let deadline = monotonicMs() + PATIENCE; monotonicMs() < deadline; ) {
      const { state, positions } = this.#memory.read();
      const working = this.#isWorking();
      if (!working && (state !== "works" || this.#tried > 10)) break;
      if (!working) this.#launch();
      const now = JSON.stringify([...positions]);
      if (now !== last) deadline = monotonicMs() + PATIENCE;
      last = now;
      await sleep(LOOK_AT_END);
    }
    const { printer } = this.#memory.read();
    for (const identity of [printer, this.#started ?? null]) if (identity !== null) signalProcess(identity, "SIGKILL");
  }

  #look(): void {
    const now = monotonicMs();
    if (this.#isWorking()) {
      if (now - this.#startedAt > STABLE) this.#tried = 0;
    } else if (this.#memory.read().state !== "gone" && now >= this.#tryAt) {
      this.#launch();
    }
  }

  #isWorking(): boolean {
    if (this.#started !== undefined && isSame(this.#started)) return true;
    const lock = this.#memory.lock();
    if (lock === undefined) return true;
    closeSync(lock);
    return false;
  }

  #launch(): void {
    const { command, client, report } = this.#options;
    // The first time at once.
    this.#startedAt = monotonicMs();
    this.#tryAt = this.#startedAt + Math.min(LONGEST_PAUSE, LOOK * 2 ** this.#tried++);
    try {
      const { identity, input } = startPrinter(command, this.#fd);
      if (this.#input !== undefined) closeSync(this.#input);
      this.#input = input;
      this.#started = identity;
      if (this.#isEnding) askToEnd(input);
      else client.hold(END_OF_OUTPUT, input).catch(() => {});
      report(undefined);
    } catch (error) {
      report(`nothing of what services write is printed: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function askToEnd(input: number): void {
  try {
    writeSync(input, "e");
  } catch {
    // It has ended.
  }
}

/** The logs of these instances, as {@link RunOutput.show} takes them. */
export function logsOf(services: readonly Pick<ServiceStatus, "instances">[]): readonly string[] {
  return services.flatMap(({ instances }) =>
    instances.flatMap(({ name, errorLog }) => (errorLog === null ? [name] : [name, `${name}.error`])),
  );
}

/** The same before they are there. */
export function logsToCome(services: readonly ServiceSpec[]): readonly string[] {
  return services.flatMap(({ name, instances, logs }) =>
    Array.from({ length: instances }, (_, number) => `${name}/${number}`).flatMap((instance) =>
      logs.stderr === "separate" ? [instance, `${instance}.error`] : [instance],
    ),
  );
}

/** What a person sees while a command waits: one line that changes on a terminal, a line for each instance that settles elsewhere. */
import type { Client } from "../api/client.ts";
import type { InstanceOutcome, ServiceStatus, SupervisorEvent } from "../supervisor/control.ts";
import type { State } from "../supervisor/states.ts";
import { formatDuration } from "../values/duration.ts";
import { cut, harmless } from "../values/textWidth.ts";
import type { Verb } from "./outcomes.ts";
import { printError } from "./output.ts";
import { isSelected } from "./selectors.ts";
import { terminalSize } from "./terminal.ts";

/** What is over sooner is not worth a line. Milliseconds. */
const BEFORE_FIRST = { terminal: 300, elsewhere: 2000 };
const FRAMES = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
const FRAME_MS = 100;

export interface ProgressOptions {
  readonly verb: Verb;
  readonly selectors: readonly string[];
  /** Writes nothing; only remembers when each instance settled. */
  readonly silent?: boolean;
}

export interface Progress {
  /** Milliseconds since 1970 at which an instance settled: by its event, or else by its answer, which is a little late. */
  settledAt(instance: string): number | undefined;
  /** Notes that these have their answer now, and returns them. */
  answered(outcomes: readonly InstanceOutcome[]): readonly InstanceOutcome[];
  /** Takes the line away. */
  end(): void;
}

const PARTICIPLES: Readonly<Record<Verb, string>> = {
  start: "starting",
  stop: "stopping",
  restart: "restarting",
  reload: "reloading",
  delete: "deleting",
  scale: "scaling",
  apply: "applying",
  signal: "signalling",
};

const UP: ReadonlySet<State> = new Set<State>(["running", "completed", "failed", "backoff"]);
const DOWN: ReadonlySet<State> = new Set<State>(["stopped", "completed", "failed"]);

/** Follows what becomes of the instances. Errors of it are nobody's business: the action itself tells. */
export function showProgress(client: Client, { verb, selectors, silent = false }: ProgressOptions): Progress {
  const size = silent ? undefined : terminalSize(2);
  const began = Date.now();
  const settled = new Map<string, number>();
  const answers = new Map<string, number>();
  const states = new Map<string, State>();
  const ending = new AbortController();
  let drawing: NodeJS.Timeout | undefined;
  const note = (event: SupervisorEvent) => {
    if (event.type !== "state" || !isSelected(event.instance, selectors)) return;
    states.set(event.instance, event.to);
    if (!isSettled(verb, event.to)) return;
    settled.set(event.instance, event.at);
    if (size === undefined && !silent) printError(`${harmless(event.instance)} ${event.to}\n`);
  };
  const follow = async () => {
    for await (const event of client.events({ signal: ending.signal })) note(event);
  };
  const begin = async () => {
    const following = follow();
    for (const [name, state] of statesOf(await client.list(), selectors)) if (!states.has(name)) states.set(name, state);
    await following;
  };
  const draw = (columns: number) => {
    let frame = 0;
    drawing = setInterval(() => {
      const text = progressLine({ verb, states, waited: Date.now() - began });
      printError(`\r\u001b[2K${cut(`${FRAMES[frame++ % FRAMES.length]} ${text}`, columns - 1)}`);
    }, FRAME_MS);
  };
  const timer = setTimeout(
    () => {
      begin().catch(() => {});
      if (size !== undefined) draw(size.columns);
    },
    size === undefined ? BEFORE_FIRST.elsewhere : BEFORE_FIRST.terminal,
  );
  return {
    settledAt: (instance) => settled.get(instance) ?? answers.get(instance),
    answered(outcomes) {
      for (const { name } of outcomes) answers.set(name, Date.now());
      return outcomes;
    },
    end() {
      clearTimeout(timer);
      ending.abort();
      if (drawing === undefined) return;
      clearInterval(drawing);
      printError("\r\u001b[2K");
    },
  };
}

/**
 * "restarting: 1 of 3 done, 4 s: web/1 stopping, web/2 stopping". Pure.
 *
 * @param waited milliseconds
 */
export function progressLine({ verb, states, waited }: { verb: Verb; states: ReadonlyMap<string, State>; waited: number }): string {
  const open = [...states].filter(([, state]) => !isSettled(verb, state));
  const count = states.size === 0 ? "" : ` ${states.size - open.length} of ${states.size} done,`;
  const which = open.map(([name, state]) => `${harmless(name)} ${state}`).join(", ");
  return `${PARTICIPLES[verb]}:${count} ${formatDuration(Math.floor(waited / 1000) * 1000)}${which === "" ? "" : `: ${which}`}`;
}

function isSettled(verb: Verb, state: State): boolean {
  return (verb === "stop" || verb === "delete" ? DOWN : UP).has(state);
}

function statesOf(services: readonly ServiceStatus[], selectors: readonly string[]): readonly (readonly [string, State])[] {
  const all = services.flatMap(({ instances }) => instances);
  return all.filter(({ name }) => isSelected(name, selectors)).map(({ name, state }) => [name, state]);
}

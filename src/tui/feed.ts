/** What the supervisor tells, as events for the view, also after it was away. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../api/client.ts";
import { DaemonError } from "../launch/errors.ts";
import type { SupervisorEvent } from "./answers.ts";
import type { ViewEvent } from "./update.ts";

export interface FeedOptions {
  readonly client: Client;
  /** Whole seconds between samples. */
  readonly interval: number;
  readonly signal: AbortSignal;
  readonly dispatch: (event: ViewEvent) => void;
}

const RETRY = 1000;
/** Also where no event told of a change. */
const SURVEY_EVERY = 5000;
/** Events come in crowds: they are told together, and one survey is for all of them. */
const GATHER = 100;
const TREND = 10 * 60_000;

/** Goes on until `signal` is aborted. Rejects only by a mistake of ours. */
export async function feed(options: FeedOptions): Promise<void> {
  const survey = surveyor(options);
  await Promise.all([survey.done, samples(options), events(options, survey.ask)]);
}

async function samples({ client, interval, signal, dispatch }: FeedOptions): Promise<void> {
  await persistently({ signal, dispatch }, async () => {
    let first = true;
    for await (const sample of client.samples({ interval, signal })) {
      dispatch({ type: "sample", sample });
      if (!first) continue;
      first = false;
      dispatch({ type: "history", series: await client.history({ series: ["cpu"], since: Date.now() - TREND }) });
    }
  });
}

async function events({ client, signal, dispatch }: FeedOptions, changed: () => void): Promise<void> {
  let after = 0;
  let gathered: SupervisorEvent[] = [];
  const tell = () => {
    if (signal.aborted) return;
    dispatch({ type: "events", events: gathered });
    gathered = [];
    changed();
  };
  await persistently({ signal, dispatch }, async () => {
    for await (const event of client.events({ after, signal })) {
      after = event.seq;
      gathered.push(event);
      if (gathered.length === 1) setTimeout(tell, GATHER);
    }
  });
}

/** Asks for the services now, when it is told to, and from time to time. */
function surveyor({ client, signal, dispatch }: FeedOptions) {
  let wake = () => {};
  let asked = true;
  const work = async () => {
    asked = false;
    dispatch({ type: "survey", survey: await client.survey() });
  };
  const done = (async () => {
    while (!signal.aborted) {
      await attempt({ signal, dispatch }, work);
      // Under a storm of events, still no more than a few times a second.
      await pause(2 * GATHER, signal);
      if (asked) continue;
      await Promise.race([pause(SURVEY_EVERY, signal), new Promise<void>((resolve) => (wake = resolve))]);
    }
  })();
  const ask = () => {
    asked = true;
    wake();
  };
  return { done, ask };
}

type Failing = Pick<FeedOptions, "signal" | "dispatch">;

/** Again and again, a pause after each end. */
async function persistently(options: Failing, work: () => Promise<void>): Promise<void> {
  while (!options.signal.aborted) {
    await attempt(options, work);
    await pause(RETRY, options.signal);
  }
}

async function attempt({ signal, dispatch }: Failing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted) dispatch({ type: "problem", message: sentenceOf(error) });
  }
}

/** What went wrong, for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR")
    return "no supervisor runs: what is shown is old; waiting for one";
  return error instanceof Error ? error.message : String(error);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

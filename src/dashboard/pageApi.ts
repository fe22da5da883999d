/** What the page asks for, besides the actions. Everything is answered to who has a session, or the token. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Client } from "../api/client.ts";
import { answerJson, BadRequest } from "./answers.ts";
import { EventStream } from "./eventStream.ts";
import type { Live } from "./live.ts";
import { outlookOf } from "./outlook.ts";
import type { Recorder } from "./recorder.ts";
import type { AlertsReport, ChartAnswer, ChecksReport, ServiceDetail } from "./wire.ts";

export interface Parts {
  readonly client: Client;
  readonly live: Live;
  readonly recorder: Recorder;
}

type Answer = (parts: Parts, query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => Promise<void> | void;

const LONGEST_SPAN = 31 * 24 * 3_600_000;
const EVENTS_SHOWN = 200;

export const GET_PATHS: Readonly<Record<string, Answer>> = {
  "/api/live": ({ live }, _query, response) => {
    const stream = new EventStream(response, () => end());
    const end = live.listen((event, data) => stream.send(event, data));
  },

  "/api/events": ({ live }, query, response) => {
    const service = query.get("service") ?? undefined;
    answerJson(response, { events: live.eventsOf(service).slice(-EVENTS_SHOWN) });
  },

  "/api/service": async ({ client, live }, query, response) => {
    const name = named(query, "name");
    const [[description], why, { checks }] = await Promise.all([client.describe(name), client.why(name), checksOf(client)]);
    if (description === undefined) throw new BadRequest(`there is no service ${JSON.stringify(name)}`, "ERR_NO_SUCH_SERVICE");
    const detail: ServiceDetail = {
      description,
      why,
      events: live.eventsOf(description.name).slice(-EVENTS_SHOWN),
      checks: checks.filter(({ subject }) => subject === description.name || subject.startsWith(`${description.name}/`)),
    };
    answerJson(response, detail);
  },

  "/api/chart": ({ recorder, live }, query, response) => {
    const name = named(query, "name");
    const until = timeOf(query, "until", Date.now());
    const since = timeOf(query, "since", until - 3_600_000);
    if (since >= until || until - since > LONGEST_SPAN) throw new BadRequest("since must be before until, by 31 days at the most");
    const chart = recorder.history()?.chart(name, { since, until }) ?? { name, step: 5000, since, until, at: [], values: {} };
    const answer: ChartAnswer = { ...chart, outlook: outlookOf(chart, live.sample) };
    answerJson(response, answer);
  },

  /** The last quarter of an hour of all instances, for the small lines of the overview. */
  "/api/sparks": async ({ client }, _query, response) => {
    const series = await client.history({ since: Date.now() - 900_000, series: ["cpu"] });
    answerJson(response, { series: series.map(({ name, values }) => ({ name, cpu: values.cpu ?? [] })) });
  },

  "/api/checks": async ({ client }, _query, response) => answerJson(response, await checksOf(client)),

  "/api/alerts": async ({ client }, _query, response) => {
    const none: AlertsReport = { routes: [], recent: [] };
    answerJson(response, await client.alerts().catch((error: unknown) => unlessRefused(error, none)));
  },

  "/api/logs": ({ client }, query, response) => streamLogs(client, query, response),
};

async function streamLogs(client: Client, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const selector = named(query, "name");
  const ends = new AbortController();
  const grep = query.get("grep") ?? "";
  const level = query.get("level") ?? "";
  const stream = query.get("stream");
  const lines = client.logs(selector, {
    follow: true,
    lines: 500,
    signal: ends.signal,
    ...(grep === "" ? {} : { grep }),
    ...(level === "" ? {} : { level }),
    ...(stream === "stdout" || stream === "stderr" ? { stream } : {}),
  });
  const events = new EventStream(response, () => ends.abort());
  try {
    for await (const line of lines) {
      events.send("line", JSON.stringify(line));
      await events.drained();
    }
  } catch (error) {
    if (ends.signal.aborted) return;
    events.send("problem", JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
  }
  events.end();
}

function checksOf(client: Client): Promise<ChecksReport> {
  return client.checks().catch((error: unknown) => unlessRefused(error, { checks: [], mistakes: [] }));
}

/** A supervisor in which nothing is checked refuses. */
function unlessRefused<T>(error: unknown, none: T): T {
  if (error instanceof Error && "code" in error && error.code === "ERR_REFUSED") return none;
  throw error;
}

/** @throws BadRequest */
function named(query: URLSearchParams, key: string): string {
  const value = query.get(key) ?? "";
  if (value === "" || value.length > 300) throw new BadRequest(`${key} is missing`);
  return value;
}

function timeOf(query: URLSearchParams, key: string, fallback: number): number {
  const text = query.get(key);
  if (text === null) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new BadRequest(`${key} must be milliseconds since 1970`);
  return Number(text);
}

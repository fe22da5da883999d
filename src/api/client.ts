/**
 * The client of a supervisor: everything that it can be asked for, typed.
 *
 *   const client = new Client({ socket: "/run/daemonitor/control.sock" });
 *   await client.act({ action: "restart", selector: "web" });
 *   for await (const event of client.events({ after: 0 })) console.log(event.seq, event.type);
 *   client.close();
 *
 * It waits for a supervisor that is being started again, and sends again what was lost. Everything rejects with a
 * DaemonError: `code` ERR_NO_SUPERVISOR (nobody listens), ERR_NO_SUCH_SERVICE, ERR_BAD_REQUEST, ERR_REFUSED … as in
 * errorCodes.ts, or errno's name where the supervisor's disk failed; `exitCode` is what a command should exit with.
 */
import type { HistoryRequest, MonitorSample, Series } from "../monitor/sample.ts";
import type {
  Action,
  ActionRequest,
  ActionResult,
  AlertsReport,
  AlertTest,
  ApplyRequest,
  ApplyResult,
  ChecksReport,
  Explanation,
  ServiceDescription,
  ServiceStatus,
  SupervisorEvent,
  SupervisorStatus,
} from "../supervisor/control.ts";
import { errorOfAnswer, malformedAnswer } from "./clientError.ts";
import type { Answer, WireRequest } from "./exchange.ts";
import type { ApiLogLine } from "./logStream.ts";
import { type Persistence, persist } from "./persistence.ts";
import type { LogOptions } from "./readLogStream.ts";

export type { LogOptions } from "./readLogStream.ts";

export interface ConnectOptions {
  /** The path of the control socket. */
  readonly socket: string;
  /** Milliseconds to wait for a supervisor that is being started again. Default 30,000. */
  readonly timeout?: number;
  /** Called where nobody listens any more, before a request is sent again. Without it, that is the end of the request. */
  readonly revive?: () => Promise<void>;
}

/** Leaves each member of a union what it is. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** `by`: how it was asked for, "stop web"; the server puts the user's name before it. */
export type ClientAction = Without<ActionRequest, "by"> & { readonly by?: string };
export type ClientApply = Omit<ApplyRequest, "by"> & { readonly by?: string };

export interface EventOptions {
  /** The last event that was seen. Default: those from now on; with `follow: false` all that are kept. */
  readonly after?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** False ends with the latest event. Default true. */
  readonly follow?: boolean;
}

export interface SampleOptions {
  /** Whole seconds between two samples, 1 to 3600. Default 1. */
  readonly interval?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

export class Client {
  readonly #socket: string;
  readonly #timeout: number;
  readonly #revive: (() => Promise<void>) | undefined;
  readonly #closing = new AbortController();

  constructor({ socket, timeout = 30_000, revive }: ConnectOptions) {
    this.#socket = socket;
    this.#timeout = timeout;
    this.#revive = revive;
  }

  about(): Promise<SupervisorStatus> {
    return this.#get("/v1");
  }

  /** In the order in which they were added. */
  async list(selector?: string): Promise<readonly ServiceStatus[]> {
    const query = selector === undefined ? "" : `?selector=${encodeURIComponent(selector)}`;
    const { services } = await this.#get<{ readonly services: readonly ServiceStatus[] }>(`/v1/services${query}`);
    return services;
  }

  /** The same, and the supervisor itself, of one moment. */
  survey(selector?: string): Promise<{ readonly supervisor: SupervisorStatus; readonly services: readonly ServiceStatus[] }> {
    const query = selector === undefined ? "" : `?selector=${encodeURIComponent(selector)}`;
    return this.#get(`/v1/services${query}`);
  }

  /** Values of environment variables are hidden unless `secrets`. */
  async describe(selector: string, { secrets = false }: { readonly secrets?: boolean } = {}): Promise<readonly ServiceDescription[]> {
    const path = `${servicePath(selector)}${secrets ? "?secrets=1" : ""}`;
    const { services } = await this.#get<{ readonly services: readonly ServiceDescription[] }>(path);
    return services;
  }

  /** Why each instance is in the state that it is in. */
  async why(selector: string): Promise<readonly Explanation[]> {
    const { instances } = await this.#get<{ readonly instances: readonly Explanation[] }>(`${servicePath(selector)}/why`);
    return instances;
  }

  /**
   * Resolves when it is settled, or `wait` is over. A signal that may have been sent already is not sent again: then it
   * rejects with ERR_UNCERTAIN. Aborting `signal` ends the waiting, not what was begun.
   */
  act({ selector, by, signal, ...request }: ClientAction): Promise<ActionResult> {
    const { action, ...rest } = request as Action & { readonly wait?: number | null };
    const path = servicePath(selector);
    const wire: WireRequest =
      action === "delete"
        ? { method: "DELETE", path, body: JSON.stringify(rest) }
        : { method: "POST", path: `${path}/${action}`, body: JSON.stringify(rest) };
    return this.#change(wire, by, signal, PERSISTENCE[action] ?? {});
  }

  /** Brings the services to what is given, and resolves when that is settled or `wait` is over. */
  apply({ by, signal, ...request }: ClientApply): Promise<ApplyResult> {
    return this.#change({ method: "POST", path: "/v1/apply", body: JSON.stringify(request) }, by, signal);
  }

  /** Ends all services, then the supervisor. */
  shutdown({ force = false, by }: { readonly force?: boolean; readonly by?: string } = {}): Promise<ActionResult> {
    // The tree may end before its answer is here, and then nothing is left that could be listed.
    const whenGone = (): Answer => ({ status: 200, headers: new Map(), body: '{"instances":[]}' });
    const persistence = { whenGone, revive: undefined };
    return this.#change({ method: "POST", path: "/v1/shutdown", body: JSON.stringify({ force }) }, by, undefined, persistence);
  }

  /**
   * Goes on by itself after a cut connection, without a gap (as far as events are kept) and without a repeat. Ends after the
   * event that says that the supervisor stops.
   */
  async *events({ after, signal, follow = true }: EventOptions = {}): AsyncGenerator<SupervisorEvent, void, undefined> {
    const { followEvents } = await import("./followEvents.ts");
    const ends = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal]);
    yield* followEvents({ socket: this.#socket, timeout: this.#timeout, after, follow, signal: ends });
  }

  /** What the machine and the instances use, measured a second ago at the most. */
  sample(): Promise<MonitorSample> {
    return this.#get("/v1/monitor");
  }

  /** The last hour, a value for each 5 s; with `fine` the last 5 minutes by the second, as far as somebody looked. */
  async history({ instance, series, since, fine }: HistoryRequest = {}): Promise<readonly Series[]> {
    const query = new URLSearchParams({
      ...(instance === undefined ? {} : { instance }),
      ...(series === undefined ? {} : { series: series.join(",") }),
      ...(since === undefined ? {} : { since: String(Math.max(0, Math.round(since))) }),
      ...(fine === undefined ? {} : { fine: fine ? "1" : "0" }),
    });
    return (await this.#get<{ readonly series: readonly Series[] }>(`/v1/monitor/history?${query}`)).series;
  }

  /**
   * A sample each `interval` seconds (default 1), the latest one at once. Goes on by itself after a cut connection, until
   * `signal` is aborted.
   */
  async *samples({ interval = 1, signal }: SampleOptions = {}): AsyncGenerator<MonitorSample, void, undefined> {
    const { followSamples } = await import("./followSamples.ts");
    const ends = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal]);
    yield* followSamples({ socket: this.#socket, timeout: this.#timeout, interval, signal: ends });
  }

  /**
   * What services wrote, by time; with `follow` it goes on by itself after a cut connection, without a gap, and without a
   * repeat once it has come to what is written now. Read as fast as it is iterated over.
   *
   * @example
   * for await (const { instance, line } of client.logs("web", { follow: true, lines: 10 })) console.log(instance, line);
   */
  async *logs(selector: string, { signal, ...options }: LogOptions = {}): AsyncGenerator<ApiLogLine, void, undefined> {
    const { readLogStream } = await import("./readLogStream.ts");
    const ends = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal]);
    yield* readLogStream({ socket: this.#socket, timeout: this.#timeout, path: `${servicePath(selector)}/logs`, options, signal: ends });
  }

  /** Each check with its last values, and what it did. */
  checks(): Promise<ChecksReport> {
    return this.#get("/v1/checks");
  }

  /** What was told, on which routes, and what waits. */
  alerts(): Promise<AlertsReport> {
    return this.#get("/v1/alerts");
  }

  /** A test alert over the route of this name, those of this kind (webhook, exec, mail), or all. Resolves when that is settled. */
  async testAlerts(route?: string): Promise<readonly AlertTest[]> {
    const request: WireRequest = { method: "POST", path: "/v1/alerts/test", body: JSON.stringify(route === undefined ? {} : { route }) };
    const answer = await this.#change<{ readonly tests: readonly AlertTest[] }>(request, undefined, undefined, {
      once: "the test alert was sent",
    });
    return answer.tests;
  }

  /** The OpenAPI document. */
  openApi(): Promise<unknown> {
    return this.#get("/v1/openapi.json");
  }

  /** In the text format of Prometheus. */
  async metrics(): Promise<string> {
    return (await this.metricsFor(undefined)).text;
  }

  /** For who asks with this Accept header: as OpenMetrics, or in the text format. `type` is the Content-Type. */
  async metricsFor(accept: string | undefined): Promise<{ readonly text: string; readonly type: string }> {
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
    const answer = await this.#ask({ method: "GET", path: "/v1/metrics", headers });
    return { text: answer.body, type: answer.headers.get("content-type") ?? "text/plain" };
  }

  /** Whatever is still under way rejects with ERR_CLOSED; events end. */
  close(): void {
    this.#closing.abort();
  }

  async #get<T>(path: string): Promise<T> {
    return parse(await this.#ask({ method: "GET", path }));
  }

  async #change<T>(
    request: WireRequest,
    by: string | undefined,
    signal?: AbortSignal,
    persistence: Omit<Persistence, "timeout"> = {},
  ): Promise<T> {
    // Asks to be told when the request was taken: from then on it may take as long as it takes.
    const headers: Record<string, string> = { Prefer: "processing" };
    if (by !== undefined) headers["X-Daemonitor-Command"] = encodeURIComponent(by.slice(0, 200).toWellFormed());
    return parse(await this.#ask({ ...request, headers }, signal, persistence));
  }

  async #ask(request: WireRequest, signal?: AbortSignal, persistence: Omit<Persistence, "timeout"> = {}): Promise<Answer> {
    const closing = this.#closing.signal;
    const ends = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    const answer = await persist(
      { socket: this.#socket, request, signal: ends },
      { timeout: this.#timeout, revive: this.#revive, ...persistence },
    );
    if (answer.status !== 200) throw errorOfAnswer(answer);
    return answer;
  }
}

const PERSISTENCE: Readonly<Partial<Record<Action["action"], Omit<Persistence, "timeout">>>> = {
  signal: { once: "the signal was sent" },
  // It was deleted, and the one who did it died before he could say so.
  delete: { again: (answer) => (answer.status === 404 ? { ...answer, status: 200, body: '{"instances":[]}' } : answer) },
};

function servicePath(selector: string): string {
  return `/v1/services/${encodeURIComponent(selector.toWellFormed())}`;
}

function parse<T>({ body }: Answer): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw malformedAnswer();
  }
}

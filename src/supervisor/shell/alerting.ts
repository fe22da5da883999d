/**
 * Tells people: what is to be told goes to every route, one after the other on each, and is tried again where it fails.
 * Nothing here is waited for by anything else.
 *
 *   const alerting = new Alerting({ host: hostname(), env, problems });
 *   alerting.routes = readAlertRoutes(config.alerts).routes;
 *   alerting.failing({ key: "web/0 failed", subject: "web/0", … });
 */
import { alertBody, alertJson, type Notice } from "../../monitor/alerts.ts";
import { AlertQueue } from "../../monitor/alertsQueue.ts";
import type { AlertRoute } from "../../monitor/alertsRoutes.ts";
import { AlertThrottle } from "../../monitor/alertsThrottle.ts";
import { monotonicMs } from "../../values/clock.ts";
import type { AlertsReport, AlertTest, ToldAlert } from "../control.ts";
import { AlertError } from "./alertError.ts";
import type { Problems } from "./problems.ts";

/** Milliseconds. */
const EXEC_TIMEOUT = 30_000;
const WEBHOOK_TIMEOUT = 10_000;
const MAIL_TIMEOUT = 30_000;
/** Milliseconds between two looks at what waits. */
const TICK = 1000;
/** So many alerts are remembered. */
const MOST_RECENT = 50;

export interface AlertingOptions {
  readonly host: string;
  /** What programs are started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly problems: Pick<Problems, "report" | "resolve" | "tell">;
  /** Milliseconds: see AlertThrottle. */
  readonly window?: number;
  readonly random?: () => number;
}

interface Line {
  readonly route: AlertRoute;
  readonly queue: AlertQueue;
  sent: number;
  lastSentAt: number | null;
  lastError: string | null;
}

type Trouble = Omit<Notice, "kind" | "count">;

export class Alerting {
  readonly #options: AlertingOptions;
  readonly #throttle: AlertThrottle;
  #lines: Line[] = [];
  #recent: ToldAlert[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#throttle = new AlertThrottle(options.window);
  }

  begin(): void {
    this.#timer = setInterval(() => this.#pass(), TICK).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** From now on. What waits for a route that is among them still goes on waiting. */
  set routes(routes: readonly AlertRoute[]) {
    const known = new Map(this.#lines.map((line) => [JSON.stringify(line.route), line]));
    this.#lines = routes.map(
      (route) => known.get(JSON.stringify(route)) ?? { route, queue: new AlertQueue(), sent: 0, lastSentAt: null, lastError: null },
    );
    const gone = [...known.values()].filter((line) => !this.#lines.includes(line));
    for (const { route } of gone) this.#options.problems.resolve(subjectOf(route), "it is no route any more");
  }

  failing(trouble: Trouble): void {
    this.#tell(this.#throttle.failing(trouble));
  }

  /** It fails since an earlier supervisor, which has told it. */
  adopt(trouble: Trouble): void {
    this.#throttle.adopt(trouble);
  }

  recovered(trouble: Trouble): void {
    this.#tell(this.#throttle.recovered(trouble));
  }

  /** Keys of what fails, whether or not that was told. */
  get failures(): readonly string[] {
    return this.#throttle.failures;
  }

  /** At once, past whatever waits, to one route or all. */
  test(name: string | undefined): Promise<readonly AlertTest[]> {
    const notice: Notice = {
      ...{ kind: "test", key: "test", subject: "daemonitor", title: "test alert", at: Date.now(), since: null, count: 1 },
      message: "This is a test: alerts of daemonitor arrive here.",
    };
    const lines = this.#lines.filter(({ route }) => name === undefined || route.name === name || route.kind === name);
    return Promise.all(lines.map((line) => this.#test(line, notice)));
  }

  get report(): AlertsReport {
    return {
      routes: this.#lines.map(({ route, queue, sent, lastSentAt, lastError }) => ({
        ...{ name: route.name, kind: route.kind, sent, lastSentAt, lastError },
        waiting: queue.waiting.map(({ notice, at, attempts }) => ({
          at,
          attempts,
          subject: notice.subject,
          title: notice.title,
          count: notice.count,
        })),
        nextAt: queue.nextAt,
        dropped: queue.dropped,
      })),
      recent: this.#recent,
    };
  }

  #tell(notice: Notice | null): void {
    if (notice === null) return;
    const { at, kind, subject, title, message, count } = notice;
    this.#recent = [...this.#recent, { at, kind, subject, title, message, count }].slice(-MOST_RECENT);
    for (const line of this.#lines) {
      line.queue.add(notice, Date.now());
      this.#pump(line);
    }
  }

  #pass(): void {
    for (const notice of this.#throttle.due(Date.now())) this.#tell(notice);
    for (const line of this.#lines) this.#pump(line);
  }

  #pump(line: Line): void {
    const next = line.queue.next(Date.now());
    if (next !== undefined) void this.#send(line, next.notice);
  }

  async #send(line: Line, notice: Notice): Promise<void> {
    const { problems, random = Math.random } = this.#options;
    const subject = subjectOf(line.route);
    try {
      await this.#deliver(line.route, notice);
      line.queue.succeeded();
      line.sent += 1;
      line.lastSentAt = Date.now();
      line.lastError = null;
      problems.resolve(subject, "alerts are told again");
    } catch (error) {
      const why = messageOf(error);
      const refused = error instanceof AlertError && error.refused;
      line.lastError = why;
      line.queue.failed(why, Date.now(), random(), refused);
      if (refused) problems.tell(subject, `an alert was refused: ${why}`);
      else problems.report(subject, `alerts wait, and are tried again: ${why}`);
    }
    this.#pump(line);
  }

  async #test(line: Line, notice: Notice): Promise<AlertTest> {
    const { name, kind } = line.route;
    const began = monotonicMs();
    const took = () => Math.round(monotonicMs() - began);
    try {
      await this.#deliver(line.route, notice);
      return { route: name, kind, error: null, took: took() };
    } catch (error) {
      return { route: name, kind, error: messageOf(error), took: took() };
    }
  }

  async #deliver(route: AlertRoute, notice: Notice): Promise<void> {
    const { host, env } = this.#options;
    switch (route.kind) {
      case "webhook": {
        const { post } = await import("./alertWebhook.ts");
        return post({ ...alertBody(route.format, notice, host), url: route.url, more: route.headers, timeout: WEBHOOK_TIMEOUT });
      }
      case "exec": {
        const { runWithInput } = await import("./alertExec.ts");
        const { kind, subject, message } = notice;
        const more = { DAEMONITOR_ALERT_KIND: kind, DAEMONITOR_ALERT_SUBJECT: subject, DAEMONITOR_ALERT_MESSAGE: message };
        const input = `${JSON.stringify(alertJson(notice, host))}\n`;
        return runWithInput({ command: route.command, cwd: route.cwd, env: { ...env, ...more }, input, timeout: EXEC_TIMEOUT });
      }
      case "mail": {
        const { mail } = await import("./alertMail.ts");
        return mail(route, notice, { host, env, timeout: MAIL_TIMEOUT });
      }
    }
  }
}

/** Under which it is told that a route fails. That is no alert: it could not be told. */
export function subjectOf({ name }: Pick<AlertRoute, "name">): string {
  return `alerts: ${name}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

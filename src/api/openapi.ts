/** The API as an OpenAPI 3.1 document. A test holds it and the routes together. */
import { CHECK_SCHEMAS } from "./checksSchemas.ts";
import { API_ERROR_CODES, type ApiErrorCode } from "./errorCodes.ts";
import { MONITOR_SCHEMAS } from "./monitorSchemas.ts";
import { bool, count, list, number, object, oneOf, orNull, ref, type Schema, strict, text, time } from "./openapiKit.ts";
import { ANSWER_SCHEMAS } from "./openapiSchemas.ts";
import { SERVICE_SCHEMAS } from "./openapiService.ts";

type Operation = Readonly<Record<string, unknown>>;

const wait = {
  ...orNull(number("How long to wait until it is settled. null (default): for ever, 0: not at all. Milliseconds.")),
  minimum: 0,
};
const force = bool("SIGKILL at once. Default false.");
const forceAndWait = strict({ force, wait }, ["force", "wait"]);
const ONE = "/v1/services/{selector}";

/** Every request can be malformed, somebody else's, late, or one too many; and the supervisor can fail. */
const ALWAYS: readonly ApiErrorCode[] = ["ERR_BAD_REQUEST", "ERR_NOT_ALLOWED", "ERR_SLOW_REQUEST", "ERR_INTERNAL", "ERR_BUSY"];

/** @param version of the supervisor */
export function openApi(version: string): Readonly<Record<string, unknown>> {
  return {
    openapi: "3.1.0",
    info: {
      title: "daemonitor control API",
      version,
      description:
        "HTTP/1.1 on the unix socket of a supervisor, for its owner and root. Times are milliseconds since 1970, durations milliseconds, sizes bytes.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://localhost", description: "curl --unix-socket /run/daemonitor/control.sock http://localhost/v1" }],
    paths: PATHS,
    components: { schemas: { ...ANSWER_SCHEMAS, ...CHECK_SCHEMAS, ...MONITOR_SCHEMAS, ...SERVICE_SCHEMAS, LogLine: LOG_LINE } },
  };
}

const LOG_LINE: Schema = object(
  {
    instance: text('"web/0"'),
    stream: { ...oneOf("stdout", "stderr"), description: "Where standard error is not separate, stdout has both." },
    time: time("When it was written."),
    line: text("What is not UTF-8 is replaced."),
    partial: { ...oneOf(true), description: "The line is longer than 128 KiB, and goes on in the next one of this instance and stream." },
  },
  ["partial"],
);

/** Before PATHS, which has it in it. */
const LOGS: Operation = {
  operationId: "logs",
  summary: "What services wrote, and with `follow` what they write.",
  description:
    "JSON lines by default; with `follow`, or `format=events`, server-sent events of type `line` with the same objects as their data, and positions as their ids: whoever comes back with Last-Event-ID goes on where it was. A reader that takes nothing for 30 s is cut off.",
  parameters: [
    selector(),
    query("follow", { ...oneOf("0", "1"), description: "1 goes on with what is written." }),
    query("lines", text('The last lines of each log: up to 10000, or "all". Default: 100; all with since, until, grep or level.')),
    query("since", text('Written then or later: "10min", "yesterday", "14:30", "2026-11-22T14:30:00Z", "@1763820000".')),
    query("until", text("Written before.")),
    query("grep", text("That have this text, or, for field=value, that field in a line of JSON.")),
    query("level", text("Of that level or worse: trace, debug, info, warn, error, fatal.")),
    query("stream", oneOf("stdout", "stderr")),
    query("format", { ...oneOf("json", "text", "events"), description: "Default: json, or events with `follow`." }),
    query("after", text("A position: the id of an event. Goes on there.")),
    { name: "Last-Event-ID", in: "header", schema: text("Comes before `after`.") },
  ],
  responses: {
    "200": { description: "The lines.", content: { "application/x-ndjson": { schema: text(), "x-data": ref("LogLine") } } },
    ...errors(["ERR_BAD_REQUEST", "ERR_NOT_ALLOWED", "ERR_BUSY", "ERR_NO_SUCH_SERVICE"]),
  },
};

const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/v1": { get: ask("about", "The supervisor.", ref("SupervisorStatus")) },
  "/v1/services": {
    get: ask("list", "The services, in the order in which they were added, and the supervisor.", survey(), {
      parameters: [query("selector", text("As in the paths. Default: all."))],
      errors: ["ERR_NO_SUCH_SERVICE"],
    }),
  },
  [ONE]: {
    get: ask("describe", "Services with their specification. Values of environment variables are hidden.", services("ServiceDescription"), {
      parameters: [selector(), query("secrets", { ...oneOf("0", "1"), description: "1 shows the values." })],
      errors: ["ERR_NO_SUCH_SERVICE"],
    }),
    delete: act("delete", "Stops and forgets services.", forceAndWait),
  },
  [`${ONE}/why`]: {
    get: ask("why", "Why each instance is in the state that it is in.", object({ instances: list(ref("Explanation")) }), {
      parameters: [selector()],
      errors: ["ERR_NO_SUCH_SERVICE"],
    }),
  },
  [`${ONE}/logs`]: { get: LOGS },
  [`${ONE}/start`]: { post: act("start", "Starts, also what it depends on.", strict({ wait }, ["wait"])) },
  [`${ONE}/stop`]: { post: act("stop", "Stops.", forceAndWait) },
  [`${ONE}/restart`]: { post: act("restart", "Stops and starts.", strict({ wait }, ["wait"])) },
  [`${ONE}/reload`]: {
    post: act("reload", "Reloads, by signal or by exchanging the processes, as the service says.", strict({ wait }, ["wait"])),
  },
  [`${ONE}/rotate`]: {
    post: act("rotate", "Puts aside what was logged, at the end of the line that is being written.", strict({ wait }, ["wait"])),
  },
  [`${ONE}/clear`]: { post: act("clear", "Removes all that was logged, and what was put aside.", strict({ wait }, ["wait"])) },
  [`${ONE}/signal`]: {
    post: act(
      "signal",
      "Sends a signal.",
      strict(
        {
          signalName: text('"SIGHUP", "HUP" …'),
          to: { ...oneOf("main", "all"), description: "The main process (default), or all." },
          wait,
        },
        ["to", "wait"],
      ),
    ),
  },
  [`${ONE}/scale`]: {
    post: act("scale", "Sets how many instances there are.", strict({ instances: { ...count(), maximum: 10_000 }, wait }, ["wait"])),
  },
  "/v1/apply": {
    post: {
      ...ask("apply", "Brings the services to what is given.", ref("ApplyResult"), {
        parameters: [command()],
        errors: ["ERR_REFUSED", "ERR_TOO_LARGE", "ERR_SHUTTING_DOWN", "ERR_SYSTEM"],
      }),
      requestBody: body(
        strict(
          {
            services: list(ref("ServiceSpec")),
            monitor: ref("MonitorConfig"),
            prune: bool("Delete what is not among them. Default false."),
            dryRun: bool("Tell what would be done, do nothing. Default false."),
            start: bool("Start also those that are unchanged but were stopped. Default false."),
            wait,
          },
          ["monitor", "prune", "dryRun", "start", "wait"],
        ),
        true,
      ),
    },
  },
  "/v1/shutdown": {
    post: {
      ...ask("shutdown", "Stops all services, answers, and ends the supervisor.", ref("ActionResult"), {
        parameters: [command()],
        errors: ["ERR_TOO_LARGE", "ERR_SHUTTING_DOWN"],
      }),
      requestBody: body(strict({ force }, ["force"]), false),
    },
  },
  "/v1/events": {
    get: {
      operationId: "events",
      summary: "What happens, as server-sent events: `id` is the number, `event` the type, `data` a SupervisorEvent.",
      description:
        "A comment each 15 s is a sign of life. A reader that is too slow gets `event: overflow` as its last one. Whoever comes back with Last-Event-ID goes on where it was.",
      parameters: [
        query("after", { ...text("The number of the last event that was seen. Default: those from now on."), pattern: "^\\d{1,15}$" }),
        query("follow", { ...oneOf("0", "1"), description: "0 ends with the latest event; without `after` it gives all that are kept." }),
        { name: "Last-Event-ID", in: "header", schema: text("Comes before `after`.") },
      ],
      responses: {
        "200": { description: "The stream.", content: { "text/event-stream": { schema: text(), "x-data": ref("SupervisorEvent") } } },
        ...errors(["ERR_BAD_REQUEST", "ERR_NOT_ALLOWED", "ERR_BUSY"]),
      },
    },
  },
  "/v1/monitor": { get: ask("sample", "What the machine and the instances use, measured a second ago at the most.", ref("MonitorSample")) },
  "/v1/monitor/history": {
    get: ask("history", "The last hour, a value for each 5 s, of instances and the host.", object({ series: list(ref("Series")) }), {
      parameters: [
        query("instance", text('"web/0", or "host". Default: all.')),
        query("series", text("Names with commas between, such as cpu,memory. Default: all.")),
        query("since", { ...text("Milliseconds since 1970. Default: an hour ago."), pattern: "^\\d{1,15}$" }),
        query("fine", { ...oneOf("0", "1"), description: "1: the last 5 minutes by the second, as far as somebody looked." }),
      ],
    }),
  },
  "/v1/monitor/stream": {
    get: {
      operationId: "samples",
      summary: "Samples as server-sent events: `event` is sample, `data` a MonitorSample. The latest one at once.",
      description: "While somebody reads it, it is measured each second. A reader that is too slow misses samples.",
      parameters: [
        query("interval", { ...text("Seconds between two samples, 1 to 3600. Default 1."), pattern: "^\\d{1,4}$" }),
        query("count", { ...text("Ends after so many samples. Default: never."), pattern: "^[1-9]\\d{0,8}$" }),
      ],
      responses: {
        "200": { description: "The stream.", content: { "text/event-stream": { schema: text(), "x-data": ref("MonitorSample") } } },
        ...errors(["ERR_BAD_REQUEST", "ERR_NOT_ALLOWED", "ERR_BUSY"]),
      },
    },
  },
  "/v1/checks": {
    get: ask("checks", "Each check with its last values, and what it did.", ref("ChecksReport"), { errors: ["ERR_REFUSED"] }),
  },
  "/v1/alerts": { get: ask("alerts", "What was told, on which routes, and what waits.", ref("AlertsReport"), { errors: ["ERR_REFUSED"] }) },
  "/v1/alerts/test": {
    post: {
      ...ask("testAlerts", "Sends a test alert at once, and answers when that is settled.", object({ tests: list(ref("AlertTest")) }), {
        errors: ["ERR_REFUSED", "ERR_TOO_LARGE"],
      }),
      requestBody: body(strict({ route: text("The name of a route, or webhook, exec or mail. Default: all.") }, ["route"]), false),
    },
  },
  "/v1/metrics": {
    get: {
      operationId: "metrics",
      summary: "For Prometheus: in its text format, or as OpenMetrics where Accept asks for that.",
      responses: {
        "200": {
          description: "The metrics.",
          content: { "text/plain": { schema: text() }, "application/openmetrics-text": { schema: text() } },
        },
        ...errors(["ERR_BAD_REQUEST", "ERR_NOT_ALLOWED"]),
      },
    },
  },
  "/v1/openapi.json": { get: ask("openapi", "This document.", ref("OpenApi")) },
};

interface More {
  readonly parameters?: readonly Schema[];
  readonly errors?: readonly ApiErrorCode[];
}

function ask(operationId: string, summary: string, schema: Schema, { parameters = [], errors: more = [] }: More = {}): Operation {
  return {
    operationId,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { "200": { description: "The answer.", content: { "application/json": { schema } } }, ...errors([...ALWAYS, ...more]) },
  };
}

function act(operationId: string, summary: string, schema: Schema): Operation {
  const more = ["ERR_NO_SUCH_SERVICE", "ERR_REFUSED", "ERR_TOO_LARGE", "ERR_SHUTTING_DOWN", "ERR_SYSTEM"] as const;
  const needsBody = "required" in schema;
  return {
    ...ask(operationId, summary, ref("ActionResult"), { parameters: [selector(), command()], errors: more }),
    requestBody: body(schema, needsBody),
  };
}

function body(schema: Schema, required: boolean): Schema {
  return { required, content: { "application/json": { schema } } };
}

function survey(): Schema {
  return object({ services: list(ref("ServiceStatus")), supervisor: ref("SupervisorStatus") });
}

function services(name: string): Schema {
  return object({ services: list(ref(name)) });
}

function selector(): Schema {
  const schema = text('A name, "web/0" (as web%2F0), a pattern such as "web-*", or "all".');
  return { name: "selector", in: "path", required: true, schema };
}

function command(): Schema {
  return {
    name: "X-Daemonitor-Command",
    in: "header",
    schema: text("What asks, for the events: shown behind the user's name. Percent-encoded."),
  };
}

function query(name: string, schema: Schema): Schema {
  return { name, in: "query", schema };
}

/** By status; several codes can share one. */
function errors(codes: readonly ApiErrorCode[]): Readonly<Record<string, Schema>> {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status, meaning } = API_ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${code}: ${meaning}.`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, meanings]) => [
      String(status),
      { description: meanings.join(" "), content: { "application/json": { schema: ref("Error") } } },
    ]),
  );
}

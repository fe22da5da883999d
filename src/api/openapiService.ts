/** ServiceSpec and its parts, for the OpenAPI document. */
import { anyOf, bool, count, list, number, object, oneOf, orNull, record, type Schema, text } from "./openapiKit.ts";

const command = list(text(), "Program and arguments.");
const account = anyOf(text(), count());
const hostPort = { host: text(), port: count() };
const milliseconds = number("Milliseconds.");
const bytesOrNull = orNull(number("Bytes; null is unlimited."));

const ready: Schema = anyOf(
  object({ on: oneOf("started", "notify"), timeout: orNull(milliseconds) }),
  object({ on: oneOf("port"), ...hostPort, timeout: orNull(milliseconds) }),
  object({ on: oneOf("http"), url: text(), timeout: orNull(milliseconds) }),
  object({ on: oneOf("line"), pattern: text("A regular expression."), timeout: orNull(milliseconds) }),
  object({ on: oneOf("exec"), command, timeout: orNull(milliseconds) }),
);

const probe: Schema = anyOf(
  object({ kind: oneOf("http"), url: text() }),
  object({ kind: oneOf("tcp"), ...hostPort }),
  object({ kind: oneOf("exec"), command }),
);

const backoff = object({ initial: milliseconds, factor: number(), max: milliseconds });

export const SERVICE_SCHEMAS: Readonly<Record<string, Schema>> = {
  SocketAddress: anyOf(object({ kind: oneOf("tcp", "udp"), ...hostPort }), object({ kind: oneOf("unix"), path: text() })),
  ServiceSpec: {
    ...object({
      name: text("Without a slash and without characters of patterns."),
      command,
      cwd: text("An absolute path."),
      env: record(text(), 'On top of what the supervisor gives to every service. "(hidden)" where values are not shown.'),
      instances: count(),
      type: oneOf("simple", "forking", "oneshot"),
      pidFile: orNull(text()),
      ready,
      restart: object({
        when: oneOf("always", "on-failure", "never"),
        limit: orNull(count("Null never gives up.")),
        window: milliseconds,
        stable: milliseconds,
        backoff,
      }),
      stop: object({ signal: text(), timeout: orNull(milliseconds) }),
      reload: orNull(anyOf(object({ signal: text() }), object({ rolling: oneOf(true) }))),
      watchdog: orNull(number("Milliseconds between two WATCHDOG=1.")),
      sockets: record({ $ref: "#/components/schemas/SocketAddress" }, "By the name that LISTEN_FDNAMES has."),
      schedule: orNull(object({ cron: text(), timeZone: orNull(text("Null is the machine's.")) })),
      dependsOn: record(oneOf("ready", "started", "completed")),
      hooks: object({ beforeStart: orNull(command), afterExit: orNull(command), timeout: milliseconds }),
      user: anyOf(account, { type: "null" }),
      group: anyOf(account, { type: "null" }),
      groups: orNull(list(account)),
      umask: count(),
      limits: record(list(number(), "Soft and hard; -1 is unlimited.")),
      nice: orNull(number()),
      ioPriority: orNull(text('"idle", "best-effort:0" … "realtime:7".')),
      oomScore: orNull(number()),
      noNewPrivileges: bool(),
      resources: object({ memory: bytesOrNull, cpu: orNull(number("Processors.")) }),
      health: orNull(object({ probe, every: milliseconds, timeout: milliseconds, failures: count(), startPeriod: milliseconds })),
      logs: object({
        maxSize: bytesOrNull,
        maxFiles: orNull(count()),
        maxTotal: bytesOrNull,
        maxAge: orNull(milliseconds),
        rotateEvery: orNull(milliseconds),
        compress: oneOf("zstd", "gzip", false),
        stderr: oneOf("merge", "separate"),
        onDiskFull: oneOf("block", "drop"),
        mode: count(),
      }),
      checks: list(
        object({
          metric: text(),
          when: oneOf("above", "below"),
          threshold: number("In the metric's unit."),
          for: object({ times: count(), of: count() }),
          // biome-ignore lint/suspicious/noThenProperty: it is a key of the specification
          then: list(anyOf(text(), object({ exec: command }))),
        }),
      ),
      written: record(text(), "What the author wrote where a variable was filled in, by path."),
    }),
    description: "A checked configuration of a service: every default filled in.",
  },
};

/** The keys inside the sections of a service. */
import { actions, amount, metric, often } from "./checkKinds.ts";
import { command } from "./commandKinds.ts";
import {
  boolean,
  compression,
  duration,
  integer,
  mode,
  number,
  oneOf,
  orNone,
  pattern,
  port,
  processors,
  signal,
  size,
  text,
  url,
} from "./scalars.ts";
import { section } from "./structures.ts";
import { key, optionalKey } from "./table.ts";

export const ready = section(
  {
    on: optionalKey(oneOf("started", "notify", "port", "http", "line", "exec"), {
      shown: "by the key that is given; without one, started",
      doc: "What makes an instance ready: its exec (started), READY=1 by sd_notify (notify), a port that accepts connections, an HTTP answer below 400, a line of output, or a command that exits 0.",
      example: "notify",
      change: "restart",
    }),
    port: optionalKey(port, { doc: "Port, or host and port, to connect to, for `on: port`.", example: "127.0.0.1:8080" }),
    url: optionalKey(url, { doc: "Address to ask, for `on: http`.", example: "http://127.0.0.1:8080/health" }),
    pattern: optionalKey(pattern, { doc: "Regular expression that a line of output matches, for `on: line`.", example: "listening on" }),
    command: optionalKey(command, {
      doc: "Program that is run again and again until it exits 0, for `on: exec`.",
      example: ["pg_isready", "-q"],
    }),
    timeout: key(orNone("infinity", duration()), {
      doc: "An instance that isn't ready in this time is ended, and counts as failed.",
      default: "30s",
      example: "2min",
    }),
  },
  { shorthand: "on" },
);

const backoff = section({
  initial: key(duration(), { doc: "The longest wait before the first restart of a series.", default: "100ms", example: "1s" }),
  factor: key(number(1), { doc: "The longest wait grows by this factor with each restart of a series.", default: 2, example: 1.5 }),
  max: key(duration(), { doc: "The longest wait never grows past this.", default: "60s", example: "5min" }),
});

export const restart = section(
  {
    when: optionalKey(oneOf("always", "on-failure", "never"), {
      shown: "always; of a oneshot, on-failure; with a schedule, never",
      doc: "After which exits an instance is started again. A failure is an exit status other than 0, or a signal.",
      example: "on-failure",
    }),
    limit: key(orNone("unlimited", integer(0, 1_000_000)), {
      doc: "More restarts than this within `window` make the service `failed`: it is left alone until somebody starts it.",
      default: 10,
      example: 5,
    }),
    window: key(duration(), { doc: "The time in which `limit` counts.", default: "5min", example: "1h" }),
    stable: key(duration({ zero: true }), {
      doc: "An instance that was ready for so long starts again at once when it ends, and begins a new series.",
      default: "10s",
      example: "1min",
    }),
    backoff: key(backoff, {
      doc: "How long to wait between restarts of an instance that keeps ending: a random time up to a limit that grows.",
      default: {},
      example: { initial: "1s", max: "5min" },
    }),
  },
  { shorthand: "when" },
);

export const stop = section({
  signal: key(signal, { doc: "Sent to the main process first.", default: "SIGTERM", example: "SIGINT" }),
  timeout: key(orNone("infinity", duration({ zero: true })), {
    doc: "After this, whatever is left of the instance gets SIGKILL; 0 sends it at once.",
    default: "10s",
    example: "1min",
  }),
});

export const reload = section({
  signal: optionalKey(signal, { doc: "Sent to the main process, which reads its configuration again.", example: "SIGHUP" }),
  rolling: optionalKey(boolean, {
    doc: "Start a new instance with the same sockets, wait until it is ready, then stop the old one; for each instance in turn.",
    example: true,
  }),
});

export const schedule = section(
  {
    cron: optionalKey(text, {
      doc: "When to start: five fields as in crontab(5), six with seconds first, or a name such as `@daily`. A run that still goes on is not started twice.",
      example: "30 3 * * *",
    }),
    timeZone: optionalKey(text, { shown: "that of the machine", doc: "Time zone of the fields.", example: "Europe/Berlin" }),
  },
  { shorthand: "cron" },
);

export const hooks = section({
  beforeStart: optionalKey(command, {
    doc: "Run before each start, as the same user, in the same directory; an instance isn't started where it fails.",
    example: ["./migrate.sh"],
  }),
  afterExit: optionalKey(command, { doc: "Run after each exit.", example: ["./clean-up.sh"] }),
  timeout: key(duration(), { doc: "A hook that takes longer is ended, and counts as failed.", default: "1min", example: "10min" }),
});

export const resources = section({
  memory: optionalKey(size, { doc: "Memory limit of an instance (memory.max), where control groups are writable.", example: "512MiB" }),
  cpu: optionalKey(processors, { doc: "Processor limit of an instance (cpu.max), where control groups are writable.", example: "150%" }),
});

export const health = section(
  {
    http: optionalKey(url, { doc: "Healthy: an answer with a status below 400.", example: "http://127.0.0.1:8080/health" }),
    tcp: optionalKey(port, { doc: "Healthy: a connection is accepted.", example: "127.0.0.1:5432" }),
    exec: optionalKey(command, { doc: "Healthy: the command exits 0.", example: ["redis-cli", "ping"] }),
    every: key(duration(), { doc: "Time between two probes.", default: "10s", example: "30s" }),
    timeout: key(duration(), { doc: "A probe that takes longer has failed.", default: "5s", example: "1s" }),
    failures: key(integer(1, 1000), { doc: "So many failures in a row, and the instance is started again.", default: 3, example: 5 }),
    startPeriod: key(duration({ zero: true }), { doc: "Failures don't count for so long after a start.", default: "0s", example: "1min" }),
  },
  { shorthand: "http" },
);

export const logs = section({
  maxSize: key(orNone("unlimited", size), {
    doc: "A log file of this size is put aside, and a new one begun.",
    default: "10MiB",
    example: "100MiB",
  }),
  maxFiles: key(orNone("unlimited", integer(0, 100_000)), {
    doc: "Files that were put aside and are kept, for each instance.",
    default: 10,
    example: 30,
  }),
  maxTotal: key(orNone("unlimited", size), {
    doc: "All log files of an instance together stay below this; the oldest go first.",
    default: "200MiB",
    example: "1GiB",
  }),
  maxAge: key(orNone("unlimited", duration()), { doc: "Files that are older are removed.", default: "unlimited", example: "30d" }),
  rotateEvery: key(orNone("never", duration()), {
    doc: "A log file is put aside after so long, if anything is in it.",
    default: "never",
    example: "1d",
  }),
  compress: key(compression, { doc: "How files that were put aside are compressed; `true` is zstd.", default: "zstd", example: "gzip" }),
  stderr: key(oneOf("merge", "separate"), {
    doc: "Standard error in the same file, in true order, or in a file of its own.",
    default: "merge",
    example: "separate",
    change: "restart",
  }),
  onDiskFull: key(oneOf("block", "drop"), {
    doc: "On a full disk, let the service wait until there is room, or drop output and count it.",
    default: "block",
    example: "drop",
  }),
  mode: key(mode, { doc: "Mode of the log files.", default: "0640", shown: '"0640"', example: "0600" }),
});

export const check = section({
  metric: optionalKey(metric, {
    doc: "What is measured, the instance's children included. `cpu` is in percent of one processor.",
    example: "memory",
  }),
  above: optionalKey(amount, { doc: "Bad: more than this.", example: "512MiB" }),
  below: optionalKey(amount, { doc: "Bad: less than this.", example: 1 }),
  for: key(often, { doc: "How many of how many samples have to be bad.", default: "1 of 1", example: "3 of 5" }),
  then: key(actions, { doc: "What to do then: one action, or several.", default: "alert", example: ["alert", "restart"] }),
});

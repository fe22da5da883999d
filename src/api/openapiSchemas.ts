/** What the API answers, as src/supervisor/control.ts has it. */
import { STATES } from "../supervisor/states.ts";
import { anyOf, bool, count, list, number, object, oneOf, orNull, record, ref, type Schema, text, time } from "./openapiKit.ts";

const degraded = list(text(), "What doesn't work as it should, each a sentence.");

const instanceStatus = {
  name: text('"web/0"'),
  state: ref("State"),
  ready: bool(),
  wanted: bool(),
  pid: orNull(count()),
  since: time("When it entered its state."),
  startedAt: orNull(time("When its main process was started.")),
  restarts: count(),
  attempt: count(),
  why: text("A sentence."),
  statusText: orNull(text("What it said of itself: STATUS= of sd_notify(3).")),
  lastExit: orNull(ref("ExitStatusReport")),
  cpu: orNull(number("Share of one processor of all its processes, 1 for a whole one.")),
  memory: orNull(number("Resident, of all its processes.")),
  adopted: bool("Found by a supervisor that did not start it."),
  log: text(),
  errorLog: orNull(text()),
  logDropped: object({ lines: count(), bytes: count() }),
  degraded,
};

const serviceStatus = {
  name: text(),
  wanted: bool("Whether it is meant to be up."),
  instances: list(ref("InstanceStatus")),
  schedule: orNull(object({ cron: text(), timeZone: orNull(text()), next: orNull(time("When it runs next.")) })),
};

function event(type: string, more: Readonly<Record<string, Schema>>): Schema {
  return object({ seq: count(), at: time("When."), type: oneOf(...type.split(" ")), ...more });
}

export const ANSWER_SCHEMAS: Readonly<Record<string, Schema>> = {
  State: oneOf(...STATES),
  ExitStatus: anyOf(object({ code: count() }), object({ signal: text() }), oneOf("unknown")),
  ResourceUsage: object({ userMs: number(), systemMs: number(), maxRssBytes: number() }),
  ExitStatusReport: object({
    status: ref("ExitStatus"),
    pid: orNull(count()),
    at: time("When it ended."),
    usage: orNull(ref("ResourceUsage")),
  }),
  SupervisorStatus: object({
    version: text(),
    pid: count(),
    startedAt: time("When it was started."),
    init: object({ pid: count(), supervisors: count("How many supervisors it has started.") }),
    mode: oneOf("daemon", "foreground"),
    directories: object({ run: text(), state: text(), log: text(), config: text() }),
    services: count(),
    instances: count(),
    running: count(),
    memory: number("Resident, of the supervisor."),
    degraded,
  }),
  InstanceStatus: object(instanceStatus, ["logDropped"]),
  ServiceStatus: object(serviceStatus),
  ServiceDescription: object({
    ...serviceStatus,
    spec: ref("ServiceSpec"),
    sockets: list(object({ name: text(), address: text(), open: bool() })),
    dependsOn: list(object({ service: text(), until: text(), met: bool() })),
  }),
  Explanation: object({
    name: text(),
    state: ref("State"),
    sentence: text(),
    history: list(object({ wall: time("When."), from: ref("State"), to: ref("State"), reason: text() }), "The latest, oldest first."),
    lastExit: orNull(ref("ExitStatusReport")),
    lastOutput: list(text(), "The last lines that it wrote, oldest first."),
  }),
  InstanceOutcome: object({
    name: text(),
    state: ref("State"),
    outcome: {
      ...oneOf("done", "failed", "refused", "pending"),
      description:
        "done: as asked. failed: it did not work out. refused: can't be followed, why says so. pending: not settled when wait was over.",
    },
    why: text("A sentence."),
    pid: orNull(count()),
  }),
  ActionResult: object({ instances: list(ref("InstanceOutcome")) }),
  ApplyPlan: object({
    added: list(text()),
    changed: list(object({ name: text(), keys: list(text()), restart: bool() })),
    removed: list(text(), "There, but not among the given ones."),
    unchanged: list(text()),
  }),
  ApplyResult: object(
    {
      plan: ref("ApplyPlan"),
      dryRun: bool(),
      monitorChanged: bool("Whether the disks to look at or the alerts are others than before."),
      instances: list(ref("InstanceOutcome")),
    },
    ["monitorChanged"],
  ),
  SupervisorEvent: anyOf(
    event("state", { instance: text(), from: ref("State"), to: ref("State"), reason: text() }),
    event("exit", {
      instance: text(),
      attempt: count(),
      pid: count(),
      status: ref("ExitStatus"),
      usage: orNull(ref("ResourceUsage")),
    }),
    event("service", { service: text(), what: oneOf("added", "changed", "deleted"), keys: list(text()), by: text() }),
    event("supervisor", { what: oneOf("started", "adopted", "stopping"), detail: text() }),
    event("problem recovered", { subject: text(), message: text() }),
  ),
  Error: object({
    error: object(
      {
        code: text("A code of the table in docs/api.md, or errno's name where a system call of the supervisor failed."),
        message: text("A sentence."),
        hint: orNull(text("What to do.")),
        failure: object({ step: text(), subject: orNull(text()), errno: count(), strerror: text(), exitCode: count() }),
      },
      ["failure"],
    ),
  }),
  OpenApi: record({}),
};

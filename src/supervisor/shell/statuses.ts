/** What the supervisor says of services and instances. It only reads. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { UsageMeter } from "../../monitor/processUsage.ts";
import { redact } from "../../service/redact.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { formatSocketAddress } from "../../values/address.ts";
import { monotonicMs } from "../../values/clock.ts";
import type { ExitStatusReport, Explanation, InstanceStatus, ServiceDescription, ServiceStatus } from "../control.ts";
import type { Instance, LastExit } from "../instance.ts";
import { why } from "../story.ts";
import type { Unit } from "./unit.ts";

const IS_READY = new Set(["running", "reloading"]);
/** Of a log's end, for the last lines in it. */
const TAIL = 16 * 1024;
const LAST_LINES = 10;
/** Of a line that is shown. */
const LONGEST_LINE = 500;
const TICKS_PER_SECOND = 100;

export interface StatusSources {
  readonly meter: Pick<UsageMeter, "look">;
  /** Paths of the log of an instance that was not started yet. */
  logPaths(unit: Unit): { readonly path: string; readonly errorPath: string | null };
  next(service: string): number | null;
  isOpen(service: string, socket: string): boolean;
}

export function instanceStatus(unit: Unit, { meter, logPaths }: Pick<StatusSources, "meter" | "logPaths">): InstanceStatus {
  const { instance } = unit;
  const identity = instance.process?.identity ?? null;
  const { cpu, memory } = identity === null ? { cpu: null, memory: null } : meter.look(identity.pid, identity.startTime);
  const { path, errorPath } = logPaths(unit);
  return {
    name: unit.name,
    state: instance.state,
    ready: IS_READY.has(instance.state),
    wanted: instance.wanted,
    pid: identity?.pid ?? null,
    since: instance.since.wall,
    startedAt: identity === null ? null : wallOfTicks(identity.startTime),
    restarts: instance.restarts,
    attempt: instance.attempt,
    why: explainState(unit),
    statusText: unit.statusText,
    lastExit: exitReport(instance.lastExit),
    cpu,
    memory,
    adopted: instance.process?.adopted ?? false,
    log: path,
    errorLog: errorPath,
    ...(unit.logDropped.bytes === 0 ? {} : { logDropped: unit.logDropped }),
    degraded: unit.logTrouble === null ? unit.degraded : [...unit.degraded, unit.logTrouble],
  };
}

export function serviceStatus(spec: ServiceSpec, wanted: boolean, units: readonly Unit[], sources: StatusSources): ServiceStatus {
  return {
    name: spec.name,
    wanted,
    instances: units.map((unit) => instanceStatus(unit, sources)),
    schedule: spec.schedule === null ? null : { ...spec.schedule, next: sources.next(spec.name) },
  };
}

export function serviceDescription(
  status: ServiceStatus,
  spec: ServiceSpec,
  dependsOn: ServiceDescription["dependsOn"],
  { isOpen }: Pick<StatusSources, "isOpen">,
  secrets: boolean,
): ServiceDescription {
  const sockets = Object.entries(spec.sockets).map(([name, address]) => ({
    name,
    address: formatSocketAddress(address),
    open: isOpen(spec.name, name),
  }));
  return { ...status, spec: secrets ? spec : redact(spec), sockets, dependsOn };
}

export function explanation(unit: Unit, { logPaths }: Pick<StatusSources, "logPaths">): Explanation {
  const { name, state, history, lastExit } = unit.instance;
  const { path, errorPath } = logPaths(unit);
  const lastOutput = lastLines(errorPath ?? path);
  return { name, state, sentence: explainState(unit), history, lastExit: exitReport(lastExit), lastOutput };
}

/** The story's sentence, and what it is still waiting for. */
function explainState({ instance, lastProbe }: Unit): string {
  const sentence = why(instance, Date.now());
  return instance.state === "starting" && lastProbe !== null ? `${sentence}; not ready: ${lastProbe}` : sentence;
}

function exitReport(exit: Instance["lastExit"]): ExitStatusReport | null {
  if (exit === null) return null;
  const { status, pid, wall, usage }: LastExit = exit;
  return { status, pid, at: wall, usage };
}

let bootWall: number | undefined;

/** Clock ticks after boot as milliseconds since 1970, right to some ten of them. */
function wallOfTicks(ticks: number): number {
  bootWall ??= Date.now() - monotonicMs();
  return Math.round(bootWall + (ticks * 1000) / TICKS_PER_SECOND);
}

/** The last lines of a file, control characters made visible; none where it can't be read. */
export function lastLines(path: string): readonly string[] {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const { size } = fstatSync(fd);
    const from = Math.max(0, size - TAIL);
    const buffer = Buffer.alloc(Math.min(TAIL, size));
    const text = buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, from));
    const lines = text.split("\n");
    // The first one may have been cut.
    if (from > 0) lines.shift();
    if (lines.at(-1) === "") lines.pop();
    return lines.slice(-LAST_LINES).map((line) => line.slice(0, LONGEST_LINE).replaceAll(/\p{Cc}/gu, visible));
  } catch {
    return [];
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function visible(character: string): string {
  if (character === "\t") return "\t";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

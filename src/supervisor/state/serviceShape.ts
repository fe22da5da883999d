/** The shape of a saved service: enough of it that nothing which passes can make the supervisor fail. */
import type { ServiceSpec } from "../../service/specTypes.ts";
import { anyOf, bool, count, list, number, object, oneOf, orNull, record, type Shape, text } from "./shape.ts";

/** A service as it is kept. */
export interface DesiredService {
  readonly spec: ServiceSpec;
  /** Whether it is meant to be up. */
  readonly wanted: boolean;
}

const command: Shape = (value) => list(text)(value) ?? (Array.isArray(value) && value.length > 0 ? undefined : ": is empty");

const account: Shape = orNull(anyOf(text, count));

const limit: Shape = (value) => list(number)(value) ?? (Array.isArray(value) && value.length === 2 ? undefined : ": is no pair");

const keys = {
  name: text,
  command,
  cwd: text,
  env: record(text),
  instances: count,
  type: oneOf("simple", "forking", "oneshot"),
  pidFile: orNull(text),
  ready: object({ on: oneOf("started", "notify", "port", "http", "line", "exec"), timeout: orNull(number) }),
  restart: object({
    when: oneOf("always", "on-failure", "never"),
    limit: orNull(count),
    window: number,
    stable: number,
    backoff: object({ initial: number, factor: number, max: number }),
  }),
  stop: object({ signal: text, timeout: orNull(number) }),
  reload: orNull(anyOf(object({ signal: text }), object({ rolling: oneOf(true) }))),
  watchdog: orNull(number),
  sockets: record(anyOf(object({ kind: oneOf("tcp", "udp"), host: text, port: count }), object({ kind: oneOf("unix"), path: text }))),
  schedule: orNull(object({ cron: text, timeZone: orNull(text) })),
  dependsOn: record(text),
  hooks: object({ beforeStart: orNull(command), afterExit: orNull(command), timeout: number }),
  user: account,
  group: account,
  groups: orNull(list(anyOf(text, count))),
  umask: count,
  limits: record(limit),
  nice: orNull(number),
  ioPriority: orNull(text),
  oomScore: orNull(number),
  noNewPrivileges: bool,
  resources: object({ memory: orNull(number), cpu: orNull(number) }),
  health: orNull(
    object({ probe: object({ kind: oneOf("http", "tcp", "exec") }), every: number, timeout: number, failures: count, startPeriod: number }),
  ),
  logs: object({
    maxSize: orNull(number),
    maxFiles: orNull(number),
    maxTotal: orNull(number),
    maxAge: orNull(number),
    rotateEvery: (value) => (value === undefined ? undefined : orNull(number)(value)),
    compress: oneOf("zstd", "gzip", false),
    stderr: oneOf("merge", "separate"),
    onDiskFull: oneOf("block", "drop"),
    mode: count,
  }),
  checks: list(object({ metric: text, when: oneOf("above", "below"), threshold: number, for: object({ times: count, of: count }) })),
  written: record(text),
} satisfies Record<keyof ServiceSpec, Shape>;

export const desiredServiceShape: Shape = object({ spec: object(keys), wanted: bool });

/** The service, or the first fault of it. */
export function readDesiredService(value: unknown, path: string): { readonly service: DesiredService } | { readonly fault: string } {
  const fault = desiredServiceShape(value);
  return fault === undefined ? { service: value as DesiredService } : { fault: `${path}${fault}` };
}

/**
 * The way from a configuration, as its author wrote it, to a specification that can be run.
 *
 *   loadConfig({ directory, file? })    finds, reads and checks a file          (configFile.ts)
 *   checkConfig(value, origin)          checks a value that is already there
 *   planApply(current, wanted)          what `apply` would do                   (planApply.ts)
 *   difference, fingerprint, redact     of a ServiceSpec                        (difference.ts, redact.ts)
 *   fromCommandLine, importPm2          other sources of configurations
 *
 * What comes out (specTypes.ts) is plain JSON with every default filled in. What is wrong comes out as a list of Problems,
 * all of them, and formatProblem makes one line of each.
 */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import { compose } from "./compose.ts";
import { CONFIG_KEYS } from "./configTable.ts";
import { checkBetween, type Vertex } from "./graph.ts";
import { attempt } from "./kind.ts";
import { MachineChecks } from "./machineChecks.ts";
import { nameMistake } from "./names.ts";
import { Place } from "./place.ts";
import { isError, type KeyPath, type Position, type Problem } from "./problem.ts";
import { checkTimeZone, openSchedule } from "./schedule.ts";
import { SERVICE_KEYS, type ServiceKeys } from "./serviceTable.ts";
import type { ServiceSpec, Specification } from "./specTypes.ts";
import { isPlainObject, section } from "./structures.ts";
import type { Variables } from "./substitute.ts";
import { checkTogether } from "./together.ts";

export interface Origin {
  /** For messages, and for relative paths without `directory`. */
  readonly file?: string | undefined;
  /** Relative paths start here. Default: the file's directory, or the current one. */
  readonly directory?: string | undefined;
  /** The position of a key, or of its nearest ancestor that has one. */
  readonly locate?: ((path: KeyPath) => Position | undefined) | undefined;
  /** What `${VAR}` is filled in from, and `inheritEnv` takes. Default: process.env. */
  readonly variables?: Variables | undefined;
  /** What `instances: "max"` stands for. Default: the processors that this process may use. */
  readonly parallelism?: number | undefined;
  /** What the reader of the file found already; an error among these is one of the configuration. */
  readonly problems?: readonly Problem[] | undefined;
}

export type CheckedConfig =
  /** Usable; the problems are warnings. */
  | { readonly config: Specification; readonly problems: readonly Problem[] }
  /** At least one of the problems is an error. */
  | { readonly config: undefined; readonly problems: readonly Problem[] };

const SERVICE = section(SERVICE_KEYS);

/**
 * Checks a whole configuration and fills in its defaults. Reports every mistake, not only the first.
 *
 * @example
 * const { config, problems } = await checkConfig({ services: { web: { command: "node server.js" } } });
 * for (const problem of problems) console.error(formatProblem(problem));
 */
export async function checkConfig(value: unknown, origin: Origin = {}): Promise<CheckedConfig> {
  const at = Place.root({
    file: origin.file,
    directory: origin.directory ?? (origin.file === undefined ? process.cwd() : dirname(origin.file)),
    locate: origin.locate ?? (() => undefined),
    variables: origin.variables ?? process.env,
    parallelism: origin.parallelism ?? availableParallelism(),
  });
  const config = await read(value, at);
  const problems = [...(origin.problems ?? []), ...at.problems].sort(byPosition);
  return config === undefined || problems.some(isError) ? { config: undefined, problems } : { config, problems };
}

/** Without a position, in the order in which they were found. */
function byPosition(one: Problem, other: Problem): number {
  return (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}

async function read(value: unknown, at: Place): Promise<Specification | undefined> {
  if (!isPlainObject(value)) return at.error(`${given(value)} is not a configuration: an object with the key "services"`, { value });
  const { services, ...others } = value;
  const rest = section(CONFIG_KEYS).read(known(others, at), at);
  const specs = await readServices(services ?? {}, at.at("services"));
  return rest && specs && { services: specs, disk: rest.disk, alerts: rest.alerts };
}

/** Without "x-…" keys, where YAML files keep what their anchors share; "services" is missed here, so a key that means it is told so. */
function known(others: Readonly<Record<string, unknown>>, at: Place): Readonly<Record<string, unknown>> {
  const names = ["services", ...Object.keys(CONFIG_KEYS)];
  const kept = Object.entries(others).filter(([key, value]) => {
    if (key.startsWith("x-")) return false;
    if (names.includes(key)) return true;
    const near = nearest(key, names);
    at.at(key).error(`there is no such key: ${near === undefined ? `there are ${names.join(", ")}` : `did you mean ${given(near)}?`}`, {
      value,
      nearest: near,
    });
    return false;
  });
  return Object.fromEntries(kept);
}

async function readServices(value: unknown, at: Place): Promise<ServiceSpec[] | undefined> {
  if (!isPlainObject(value)) return at.error(`${given(value)} is not an object such as { web: { command: "node server.js" } }`, { value });
  const drafts = Object.entries(value).map(([name, asked]) => readService(name, asked, at.at(name).apart()));
  checkBetween(drafts);
  const machine = new MachineChecks();
  const specs: ServiceSpec[] = [];
  for (const { name, keys, at: here, whole } of drafts) {
    await checkSchedule(keys, here.at("schedule"));
    // What this machine lacks is said of a service only when nothing else is wrong with it.
    if (whole === undefined) continue;
    const spec = compose(name, whole, here);
    if (spec === undefined) continue;
    machine.check(spec, whole.script, here);
    specs.push(spec);
  }
  return specs.length === drafts.length ? specs : undefined;
}

interface ReadService extends Vertex {
  /** All of its keys, where they have no problem. */
  readonly whole: ServiceKeys | undefined;
}

function readService(name: string, asked: unknown, at: Place): ReadService {
  const before = at.problems.length;
  const mistake = nameMistake(name);
  if (mistake !== undefined) at.error(mistake);
  const keys = SERVICE.read(asked, at);
  if (keys !== undefined && isPlainObject(asked)) checkTogether(keys, asked, at);
  return { name, keys: keys ?? {}, at, whole: at.problems.length === before ? keys : undefined };
}

async function checkSchedule({ schedule }: ReadService["keys"], at: Place): Promise<void> {
  const { cron, timeZone } = schedule ?? {};
  const zone =
    timeZone === undefined || timeZone === null
      ? null
      : report("a time zone", timeZone, at.at("timeZone"), () => [checkTimeZone(timeZone)]);
  if (!cron || zone === undefined) return;
  const here = at.at("cron");
  const opened = await openSchedule({ cron, timeZone: timeZone ?? null }).then(
    (schedule) => () => schedule,
    (error: unknown) => () => {
      throw error;
    },
  );
  const next = report("a cron pattern", cron, here, () => opened().next(Date.now()));
  if (next === null) here.error(`${given(here.shown(cron))} never fires: no time that is still to come fits`, { value: here.shown(cron) });
}

/** Runs a check of a text that variables may have been filled into. */
function report<T>(meant: string, text: string, at: Place, check: () => T): T | undefined {
  return attempt(meant, at.shown(text), at.written.has(text), at, check);
}

/** Checks what a caller asked for, once, before anything is started. What comes out has every default filled in. */
import { OptionError } from "../launch/errors.ts";
import { nearest } from "../values/nearest.ts";
import { given, ValueError } from "../values/valueError.ts";
import { isPlainObject } from "./commonChecks.ts";
import { open, type Stream } from "./optionChecks.ts";
import { type CheckedBy, CREATE_DAEMON_OPTIONS, DAEMONIZE_OPTIONS, type OptionRow } from "./optionTable.ts";
import { checkProgram, type Program } from "./program.ts";

export type { CheckedLimit, CheckedVariable, Stream } from "./optionChecks.ts";
export type { Readiness } from "./optionTable.ts";
export type { CreateDaemonOptions, DaemonizeOptions, SharedOptions } from "./optionTypes.ts";
export type { Program } from "./program.ts";

export type CheckedCreateDaemonOptions = CheckedBy<typeof CREATE_DAEMON_OPTIONS>;
export type CheckedDaemonizeOptions = CheckedBy<typeof DAEMONIZE_OPTIONS>;
/** What both have: enough for a launch plan. */
export type CheckedSharedOptions = Pick<
  CheckedDaemonizeOptions,
  keyof CheckedCreateDaemonOptions & Exclude<keyof CheckedDaemonizeOptions, "ready">
>;

export interface CheckContext {
  /** Whether the descriptors must be open here. The second run of createDaemon has only those that were kept. Default true. */
  readonly descriptors?: boolean;
}

/**
 * The options of `createDaemon`, checked and normalised: paths absolute, limits and signals as numbers, `state` serialised
 * with `v8.serialize`, `readyTimeout` in milliseconds or -1.
 *
 * @throws OptionError that names the option, what was given and what is meant
 * @example
 * checkCreateDaemonOptions({ umask: "022" }).umask; // 0o022
 */
export function checkCreateDaemonOptions(input: unknown, context: CheckContext = {}): CheckedCreateDaemonOptions {
  const asked = optionsObject(input);
  const checked = check(CREATE_DAEMON_OPTIONS, asked) as CheckedCreateDaemonOptions;
  checkTogether(asked, checked, context);
  if (checked.detach === false && asked.exitLauncher !== undefined) {
    contradiction("exitLauncher", "there is no launcher with option 'detach' set to false");
  }
  return checked;
}

/**
 * The parameters of `daemonize`, checked and normalised like those of `createDaemon`.
 *
 * @throws OptionError
 */
export function checkDaemonizeOptions(file: unknown, args: unknown, input: unknown): CheckedDaemonizeOptions & Program {
  const asked = optionsObject(input);
  const checked = check(DAEMONIZE_OPTIONS, asked) as CheckedDaemonizeOptions;
  checkTogether(asked, checked, {});
  const { ready, keepFds } = checked;
  if (checked.detach === false && ready.on !== "started") {
    contradiction("ready", "nobody waits for the program with option 'detach' set to false");
  }
  if (ready.on === "fd" && keepFds.includes(ready.fd)) {
    contradiction("ready", `descriptor ${ready.fd} is kept open by option 'keepFds' as well: choose another one`);
  }
  return { ...checked, ...checkProgram(file, args, checked.chroot !== undefined) };
}

function optionsObject(input: unknown): Readonly<Record<string, unknown>> {
  if (input === undefined) return {};
  if (isPlainObject(input)) return input;
  throw new OptionError("options", `options: ${given(input)} is not an object of options`);
}

function check(table: Record<string, OptionRow<unknown>>, asked: Readonly<Record<string, unknown>>): Record<string, unknown> {
  for (const key of Object.keys(asked)) if (!Object.hasOwn(table, key)) throw unknownOption(key, Object.keys(table));
  const checked: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(table)) checked[key] = naming(key, () => row.check(asked[key]));
  return checked;
}

function unknownOption(key: string, known: readonly string[]): OptionError {
  const near = nearest(key, known);
  return new OptionError(
    key,
    `unknown option '${key}': ${near === undefined ? `the options are ${known.join(", ")}` : `did you mean '${near}'?`}`,
  );
}

/** What can't be right in one option because of another one. */
function checkTogether(
  asked: Readonly<Record<string, unknown>>,
  checked: CheckedSharedOptions,
  { descriptors = true }: CheckContext,
): void {
  const { stdin, stdout, stderr } = checked;
  if (checked.chroot !== undefined && typeof asked.cwd === "string" && !asked.cwd.startsWith("/")) {
    contradiction("cwd", `${given(asked.cwd)} is relative, but it is looked up inside option 'chroot': give a path that starts with "/"`);
  }
  if (checked.truncate && !isFile(stdout) && !isFile(stderr)) {
    contradiction("truncate", "neither option 'stdout' nor option 'stderr' is a file");
  }
  if (checked.coreDump !== undefined && Object.hasOwn((asked.limits ?? {}) as object, "core")) {
    contradiction("coreDump", "option 'limits' sets core as well: use one of them");
  }
  if (!descriptors) return;
  for (const [key, stream] of Object.entries({ stdin, stdout, stderr })) {
    if (stream.kind === "descriptor") naming(key, () => open(stream.fd));
  }
  for (const fd of checked.keepFds) naming("keepFds", () => open(fd));
}

function isFile(stream: Stream): boolean {
  return stream.kind === "file" && stream.path !== "/dev/null";
}

function contradiction(option: string, why: string): never {
  throw new OptionError(option, `option '${option}': ${why}`);
}

function naming<T>(option: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof ValueError) throw new OptionError(option, `option '${option}': ${error.message}`);
    throw error;
  }
}

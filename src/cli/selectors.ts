/** The words that say which services a command is about: names, "web/0", patterns, "all". */
import type { Client } from "../api/client.ts";
import { DaemonError, EXIT } from "../launch/errors.ts";
import { ControlError, type ServiceStatus } from "../supervisor/control.ts";
import { selectInstances } from "../supervisor/selector.ts";
import { usage } from "./args.ts";
import type { Argument, Arguments, Command } from "./command.ts";
import { serviceOf } from "./outcomes.ts";

const ESRCH = 3;

/** As text: names are UTF-8, so what isn't can mean none. */
export function wordsOf(operands: readonly Argument[]): readonly string[] {
  return operands.map((operand) => (typeof operand === "string" ? operand : Buffer.from(operand).toString()));
}

/** How the supervisor's events name this command: its name and operands, never a value of a flag, which may be a secret. */
export function byOf(command: Pick<Command, "name">, operands: readonly string[]): string {
  return [command.name, ...operands].join(" ");
}

/** The selectors that were given. @throws OptionError that names what there is, where none is given */
export async function selectorsOf(command: Command, args: Arguments, connect: () => Promise<Client>): Promise<readonly string[]> {
  const words = wordsOf(args.operands);
  if (words.length > 0) return words;
  throw usage(command, nothingNamed(await namesOf(connect)));
}

/** A sentence's part for a command without a selector. Pure. */
export function nothingNamed(names: readonly string[] | undefined): string {
  if (names === undefined) return "no service is named, and no supervisor runs";
  const [first] = names;
  if (first === undefined) return "no service is named, and there is none yet";
  const shown = names.length > 8 ? [...names.slice(0, 8), `${names.length - 8} more`] : names;
  const listed = shown.length === 1 ? first : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
  return `no service is named: there ${names.length === 1 ? "is" : "are"} ${listed}; "all" stands for every one`;
}

/** Whether one of the selectors means this instance. */
export function isSelected(instance: string, selectors: readonly string[]): boolean {
  const service = serviceOf(instance);
  // Names first: of a thousand of them, the patterns are few.
  if (selectors.includes(service) || selectors.includes(instance)) return true;
  const known = [{ name: service, instances: [numberOf(instance)] }];
  return selectors.some((selector) => isPattern(selector) && isMeant(selector, known));
}

/** What can mean another thing than its own name. */
function isPattern(selector: string): boolean {
  return /[*?]/.test(selector) || selector === "all" || selector.startsWith("all/");
}

/** "0" of "web/0". */
function numberOf(instance: string): string {
  return instance.slice(instance.lastIndexOf("/") + 1);
}

function isMeant(selector: string, known: Known): boolean {
  try {
    return selectInstances(selector, known).length > 0;
  } catch (error) {
    if (error instanceof ControlError) return false;
    throw error;
  }
}

/**
 * The selectors as requests of their own, none of which means an instance that another one means: nothing is restarted or signalled twice.
 *
 * @throws DaemonError ERR_NO_SUCH_SERVICE for one that means nothing, before anything is done
 */
export function disjoint(selectors: readonly string[], services: readonly ServiceStatus[]): readonly string[] {
  const known = services.map(({ name, instances }) => ({ name, instances: instances.map((instance) => numberOf(instance.name)) }));
  const selections = selectors.map((selector) => selection(selector, known));
  const meant = selections.flat().flatMap(({ name, instances }) => instances.map((number) => `${name}/${number}`));
  const whole = selections.flat().flatMap((service) => (service.whole ? service.name : []));
  const isRepeated = new Set(meant).size < meant.length || new Set(whole).size < whole.length;
  if (!isRepeated) return selectors;
  const wholes = new Set(whole);
  const single = selections
    .flat()
    .flatMap(({ name, instances }) => (wholes.has(name) ? [] : instances.map((number) => `${name}/${number}`)));
  return [...wholes, ...new Set(single)];
}

async function namesOf(connect: () => Promise<Client>): Promise<readonly string[] | undefined> {
  try {
    return (await (await connect()).list()).map(({ name }) => name);
  } catch {
    // The mistake is on the command line, whatever else there may be.
    return undefined;
  }
}

type Known = Parameters<typeof selectInstances>[1];

function selection(selector: string, known: Known): ReturnType<typeof selectInstances> {
  try {
    return selectInstances(selector, known);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const { code, message, hint } = error;
    throw new DaemonError(
      { step: "supervisor", code, errno: ESRCH, strerror: message, hint, exitCode: EXIT.unavailable },
      { cause: error },
    );
  }
}

/** Each name once: selectors may mean the same. */
export function byInstance<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [item.name, item])).values()];
}

/** Does one thing to the services that a command names, waits with a person, and tells what came of it. */
import type { Client } from "../api/client.ts";
import type { Action, InstanceOutcome } from "../supervisor/control.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { exclude } from "./flagValues.ts";
import { exitCodeOf, hint, outcomeLine, type Verb } from "./outcomes.ts";
import { print, printError, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { type Progress, type ProgressOptions, showProgress } from "./progress.ts";
import { byOf, disjoint, selectorsOf } from "./selectors.ts";
import { interruptibleWait, WAIT_FLAGS, waitOf } from "./waiting.ts";

export const ACTION_FLAGS = {
  ...WAIT_FLAGS,
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

type ActionArguments = Arguments<keyof typeof ACTION_FLAGS>;

/** A service's action, with what it is done to. */
export type Step = { readonly selector: string } & Action;

/** What most commands are: the same action for each selector. Returns the exit code. */
export async function actOnServices(
  command: Command,
  args: ActionArguments,
  action: Exclude<Action, { readonly action: "rotate" | "clear" }>,
  start: "always" | "after crash" = "after crash",
) {
  exclude(args, "quiet", "json");
  waitOf(args);
  const selectors = await selectorsOf(command, args, () => connectTo("after crash"));
  const client = await connectTo(start);
  // One selector can't mean anything twice.
  const apart = selectors.length === 1 ? selectors : disjoint(selectors, await client.list());
  return perform(
    client,
    args,
    action.action,
    byOf(command, selectors),
    apart.map((selector) => ({ ...action, selector })),
  );
}

/** Several steps at once. Returns the exit code. */
export async function perform(client: Client, args: ActionArguments, verb: Verb, by: string, steps: readonly Step[]): Promise<number> {
  exclude(args, "quiet", "json");
  const wait = waitOf(args);
  const selectors = steps.map(({ selector }) => selector);
  const options = { verb, selectors, silent: isSilent(args) || wait === 0 };
  const { result, progress, began } = await withProgress(client, options, async (signal, { answered }) => {
    const results = await inBatches(steps, async (step) => answered((await client.act({ ...step, by, wait, signal })).instances));
    return results.flat();
  });
  if (args.has("json")) printJson({ instances: result });
  else tell(result, { verb, progress, began, waited: wait !== 0, quiet: args.has("quiet") });
  if (result.length === 0 && !isSilent(args)) print("nothing to do: there are no services\n");
  return exitCodeOf(result, wait === 0);
}

/** Shows progress while `work` goes on. */
export async function withProgress<T>(
  client: Client,
  options: ProgressOptions,
  work: (signal: AbortSignal, progress: Progress) => Promise<T>,
): Promise<{ readonly result: T; readonly progress: Progress; readonly began: number }> {
  const began = Date.now();
  const progress = showProgress(client, options);
  try {
    return { result: await interruptibleWait((signal) => work(signal, progress)), progress, began };
  } finally {
    progress.end();
  }
}

export interface Telling {
  readonly verb: Verb;
  /** Knows when each instance settled. */
  readonly progress: Progress;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly waited: boolean;
  readonly quiet: boolean;
}

/** A line for each instance: what went well on standard output, what did not on standard error. */
export function tell(outcomes: readonly InstanceOutcome[], { verb, progress, began, waited, quiet }: Telling): void {
  const now = Date.now();
  for (const outcome of outcomes) {
    const isGood = outcome.outcome === "done" || (outcome.outcome === "pending" && !waited);
    if (isGood && quiet) continue;
    const took = Math.max(0, (progress.settledAt(outcome.name) ?? now) - began);
    const line = outcomeLine(outcome, { verb, took: waited ? took : undefined, paint: paintFor(isGood ? 1 : 2).state });
    if (isGood) print(`${line}\n`);
    else printError(`${line}\n`);
  }
  const next = hint(outcomes, waited);
  if (next !== undefined) printError(`${next}\n`);
}

export function isSilent(args: Arguments<"quiet" | "json">): boolean {
  return args.has("quiet") || args.has("json");
}

/** As many at once as leave room for others at the supervisor. */
const AT_ONCE = 64;

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}

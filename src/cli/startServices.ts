/** Starts services, composed ones and those that are there, with one wait for all. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ClientApply } from "../api/client.ts";
import type { ApplyPlan } from "../service/planApply.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import type { InstanceOutcome } from "../supervisor/control.ts";
import { describeExit } from "../values/exitStatus.ts";
import { harmless } from "../values/textWidth.ts";
import { isSilent, tell, withProgress } from "./act.ts";
import type { Arguments } from "./command.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printJson } from "./output.ts";
import { changeText } from "./planText.ts";
import { disjoint, isSelected } from "./selectors.ts";

/** Milliseconds. */
const FIRST_MOMENTS = 250;

export interface Starting {
  readonly services: readonly ServiceSpec[];
  /** What the configurations say of disks and alerts; undefined where they say nothing, and then that stays as it is. */
  readonly monitor?: ClientApply["monitor"] | undefined;
  /** Of services that are there. */
  readonly selectors: readonly string[];
  readonly by: string;
  readonly wait: number | null;
}

/** Tells what came of it, and returns the exit code. */
export async function startAll(
  client: Client,
  args: Arguments<"quiet" | "json">,
  { services, monitor, selectors, by, wait }: Starting,
): Promise<number> {
  const apart = selectors.length > 1 ? disjoint(selectors, await client.list()) : selectors;
  const names = services.map(({ name }) => name);
  const silent = isSilent(args) || wait === 0;
  const { result, progress, began } = await withProgress(
    client,
    { verb: "start", selectors: [...names, ...apart], silent },
    async (signal, { answered }) => {
      const [applied, ...acted] = await Promise.all([
        services.length === 0 && monitor === undefined
          ? undefined
          : client.apply({ services, ...(monitor === undefined ? {} : { monitor }), start: true, by, wait, signal }),
        ...apart.map(async (selector) => answered((await client.act({ action: "start", selector, by, wait, signal })).instances)),
      ]);
      return { plan: applied?.plan, instances: [...answered(applied?.instances ?? []), ...acted.flat()] };
    },
  );
  const { plan } = result;
  const instances = wait === 0 ? result.instances : await withEarlyEnds(client, result.instances);
  if (args.has("json")) printJson({ plan: plan ?? null, instances });
  else {
    if (!args.has("quiet") && plan !== undefined) tellPlan(plan, instances);
    tell(instances, { verb: "start", progress, began, waited: wait !== 0, quiet: args.has("quiet") });
  }
  return exitCodeOf(instances, wait === 0);
}

/**
 * Most programs that can't work say so in their first moments: "running" would be true and of no use. Where all goes well it
 * costs that moment.
 */
async function withEarlyEnds(client: Client, outcomes: readonly InstanceOutcome[]): Promise<readonly InstanceOutcome[]> {
  const up = outcomes.filter(({ outcome, state }) => outcome === "done" && state === "running");
  if (up.length === 0) return outcomes;
  await sleep(FIRST_MOMENTS);
  const now = new Map((await client.list()).flatMap(({ instances }) => instances.map((instance) => [instance.name, instance] as const)));
  return outcomes.map((outcome) => {
    const instance = now.get(outcome.name);
    const exit = instance?.lastExit ?? null;
    // The same process as a moment ago; else it has ended since, however soon.
    if (!up.includes(outcome) || instance === undefined || exit === null || instance.pid === outcome.pid) return outcome;
    if (instance.state === "completed" || instance.state === "stopped") return outcome;
    const { name, state, why, pid } = instance;
    const isBack = state === "running" || state === "starting";
    return { name, state, pid, outcome: "failed", why: isBack ? `${describeExit(exit.status)}, and started again` : why };
  });
}

/** What was there before: changed, or as it should be. */
function tellPlan({ changed, unchanged }: ApplyPlan, instances: readonly InstanceOutcome[]): void {
  for (const service of changed) print(`changed ${changeText(service)}\n`);
  for (const name of unchanged) {
    if (!instances.some((instance) => isSelected(instance.name, [name]))) print(`${harmless(name)} runs already, and is unchanged\n`);
  }
}

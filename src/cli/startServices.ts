/** Starts services, composed ones and those that are there, with one wait for all. */
import type { Client } from "../api/client.ts";
import type { ApplyPlan } from "../service/planApply.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import type { InstanceOutcome } from "../supervisor/control.ts";
import { isSilent, tell, withProgress } from "./act.ts";
import type { Arguments } from "./command.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printJson } from "./output.ts";
import { changeText } from "./planText.ts";
import { disjoint, isSelected } from "./selectors.ts";
import { harmless } from "./textWidth.ts";

export interface Starting {
  readonly services: readonly ServiceSpec[];
  /** Of services that are there. */
  readonly selectors: readonly string[];
  readonly by: string;
  readonly wait: number | null;
}

/** Tells what came of it, and returns the exit code. */
export async function startAll(
  client: Client,
  args: Arguments<"quiet" | "json">,
  { services, selectors, by, wait }: Starting,
): Promise<number> {
  const apart = selectors.length > 1 ? disjoint(selectors, await client.list()) : selectors;
  const names = services.map(({ name }) => name);
  const silent = isSilent(args) || wait === 0;
  const { result, progress, began } = await withProgress(
    client,
    { verb: "start", selectors: [...names, ...apart], silent },
    async (signal, { answered }) => {
      const [applied, ...acted] = await Promise.all([
        services.length === 0 ? undefined : client.apply({ services, start: true, by, wait, signal }),
        ...apart.map(async (selector) => answered((await client.act({ action: "start", selector, by, wait, signal })).instances)),
      ]);
      return { plan: applied?.plan, instances: [...answered(applied?.instances ?? []), ...acted.flat()] };
    },
  );
  const { plan, instances } = result;
  if (args.has("json")) printJson({ plan: plan ?? null, instances });
  else {
    if (!args.has("quiet") && plan !== undefined) tellPlan(plan, instances);
    tell(instances, { verb: "start", progress, began, waited: wait !== 0, quiet: args.has("quiet") });
  }
  return exitCodeOf(instances, wait === 0);
}

/** What was there before: changed, or as it should be. */
function tellPlan({ changed, unchanged }: ApplyPlan, instances: readonly InstanceOutcome[]): void {
  for (const service of changed) print(`changed ${changeText(service)}\n`);
  for (const name of unchanged) {
    if (!instances.some((instance) => isSelected(instance.name, [name]))) print(`${harmless(name)} runs already, and is unchanged\n`);
  }
}

/** What `apply` is about to do, or did, for people. */
import type { ApplyPlan, ChangedService } from "../service/planApply.ts";
import { harmless } from "../values/textWidth.ts";
import type { Paint } from "./paint.ts";
import { counted } from "./statusTable.ts";

/** More keys than these are counted: a whole environment may differ. */
const MOST_KEYS = 8;

/**
 * A line for each service that is added, changed or removed, and one that counts the others. Pure.
 *
 * @param prune whether what is not in the configuration is deleted; otherwise it is only told
 */
export function planLines(plan: ApplyPlan, { prune, paint }: { readonly prune: boolean; readonly paint: Paint }): readonly string[] {
  const { added, changed, removed, unchanged } = plan;
  return [
    ...added.map((name) => `${paint.state("running")("+")} ${harmless(name)}`),
    ...changed.map((service) => `${paint.state("starting")("~")} ${changeText(service)}`),
    ...(prune ? removed.map((name) => `${paint.state("failed")("-")} ${harmless(name)}`) : []),
    ...(unchanged.length === 0 ? [] : [`  ${unchanged.length} unchanged`]),
    ...(prune || removed.length === 0
      ? []
      : [
          `  ${counted(removed.length, "other")} not in this configuration, left alone (--prune deletes): ${removed.map(harmless).join(", ")}`,
        ]),
  ];
}

/**
 * The keys that differ, and what that means for its processes.
 *
 * @example
 * changeText({ name: "web", keys: ["env.PORT"], restart: true }); // "web: env.PORT (restarts)"
 */
export function changeText({ name, keys, restart }: ChangedService): string {
  const shown = keys.slice(0, MOST_KEYS).map(harmless).join(", ");
  const more = keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : "";
  return `${harmless(name)}: ${shown}${more} (${restart ? "restarts" : "without a restart"})`;
}

/** Whether there is nothing to do. */
export function isNothing({ added, changed, removed }: ApplyPlan, prune: boolean): boolean {
  return added.length === 0 && changed.length === 0 && (!prune || removed.length === 0);
}

/** What of the services a page doesn't know yet. Pure. */
import type { ServiceStatus } from "./apiTypes.ts";
import type { LiveMessages } from "./wire.ts";

/** Each service as it was told last, by name. */
export type Told = ReadonlyMap<string, string>;

/**
 * Memory and CPU of a status change each second and are in the samples as well, so they alone are no change.
 *
 * @returns what to tell now, or undefined where there is nothing, and what has been told then
 */
export function changesSince(
  told: Told,
  services: readonly ServiceStatus[],
): { readonly told: Told; readonly changes: LiveMessages["changed"] | undefined } {
  const now = new Map(services.map((service) => [service.name, JSON.stringify(lasting(service))]));
  const changed = services.filter(({ name }) => now.get(name) !== told.get(name));
  const deleted = [...told.keys()].filter((name) => !now.has(name));
  return { told: now, changes: changed.length + deleted.length === 0 ? undefined : { services: changed, deleted } };
}

function lasting(service: ServiceStatus): unknown {
  return { ...service, instances: service.instances.map((instance) => ({ ...instance, cpu: null, memory: null })) };
}

/** What can't be right between services: dependencies, shared sockets. */
import { collide, type SocketAddress } from "../values/address.ts";
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import type { Place } from "./place.ts";
import type { ServiceKeys } from "./serviceTable.ts";
import type { Draft } from "./table.ts";

export interface Vertex {
  readonly name: string;
  /** What could be read of it. */
  readonly keys: Draft<ServiceKeys>;
  readonly at: Place;
}

export function checkBetween(services: readonly Vertex[]): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  for (const service of services) for (const on of Object.keys(service.keys.dependsOn ?? {})) dependency(service, on, byName);
  for (const cycle of findCycles(byName)) {
    const [first] = cycle;
    if (first === undefined) continue;
    const text =
      cycle.length === 1
        ? `${first.name} depends on itself`
        : `${[...cycle, first].map(({ name }) => name).join(" → ")} is a cycle: none of them could start`;
    first.at.at("dependsOn").error(text);
  }
  sharedSockets(services);
}

function dependency({ name, keys, at }: Vertex, on: string, byName: ReadonlyMap<string, Vertex>): void {
  // What a variable was filled into is not shown.
  const shown = at.shown(on);
  const here = at.at("dependsOn").at(shown);
  const found = byName.get(on);
  if (found === undefined) {
    const others = [...byName.keys()].filter((other) => other !== name);
    const near = nearest(on, others);
    const names = `${others.slice(0, 10).join(", ")}${others.length > 10 ? ` and ${others.length - 10} more` : ""}`;
    const meant = near !== undefined ? `did you mean ${given(near)}?` : others.length === 0 ? "there is no other" : `there are ${names}`;
    here.error(`there is no service ${given(shown)}: ${meant}`, { nearest: near });
    return;
  }
  const { restart, schedule, type } = found.keys;
  if (keys.dependsOn?.[on] !== "completed" || restart === undefined) return;
  if (restart.when === "always" || (restart.when === null && schedule === null && type !== undefined && type !== "oneshot")) {
    here.error(`${shown} never completes: it is started again after each exit; set its type to "oneshot"`);
  }
}

/** One cycle for each set of services that wait for each other, as far as they lead back to where the search met them. */
function findCycles(byName: ReadonlyMap<string, Vertex>): Vertex[][] {
  const done = new Set<Vertex>();
  const cycles: Vertex[][] = [];
  // A stack of its own: a chain of thousands of services is deeper than the engine's.
  for (const start of byName.values()) {
    const trail: { vertex: Vertex; next: Iterator<string> }[] = [];
    const place = new Map<Vertex, number>();
    const enter = (vertex: Vertex) => {
      place.set(vertex, trail.length);
      trail.push({ vertex, next: Object.keys(vertex.keys.dependsOn ?? {})[Symbol.iterator]() });
    };
    if (!done.has(start)) enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const { value, done: exhausted } = top.next.next();
      if (exhausted) {
        trail.pop();
        place.delete(top.vertex);
        done.add(top.vertex);
        continue;
      }
      const to = byName.get(value);
      if (to === undefined || done.has(to)) continue;
      const index = place.get(to);
      if (index === undefined) enter(to);
      else cycles.push(trail.slice(index).map(({ vertex }) => vertex));
    }
  }
  return cycles;
}

function sharedSockets(services: readonly Vertex[]): void {
  const seen = new Map<string, { service: string; name: string; address: SocketAddress }[]>();
  for (const { name: service, keys, at } of services) {
    for (const [name, draft] of Object.entries(keys.sockets ?? {})) {
      if (draft === undefined) continue;
      const address = draft as SocketAddress;
      const group = address.kind === "unix" ? `unix ${address.path}` : `${address.kind} ${address.port}`;
      const others = seen.get(group) ?? [];
      const other = others.find((one) => collide(one.address, address));
      if (other !== undefined)
        at.at("sockets")
          .at(name)
          .error(`socket ${given(other.name)} of service ${given(other.service)} has the same address`);
      seen.set(group, [...others, { service, name, address }]);
    }
  }
}

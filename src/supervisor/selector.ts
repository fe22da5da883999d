/** What a selector means: "web" (all of it), "web/0" (one instance), a pattern such as "api-*" or "web/*", "all". Pure. */
import { nearest } from "../values/nearest.ts";
import { ControlError } from "./control.ts";

export interface Selectable {
  readonly name: string;
  /** Numbers of its instances, as text: "0". */
  readonly instances: readonly string[];
}

export interface Selected extends Selectable {
  /** The service as such is meant, also if it has no instance at the moment; not single instances of it. */
  readonly whole: boolean;
}

/**
 * The services that are meant and which of their instances, in the given order. `*` stands for any characters but "/",
 * `?` for one. "all" may mean none.
 *
 * @throws ControlError ERR_NO_SUCH_SERVICE where nothing is meant, with the nearest name
 *
 * @example
 * selectInstances("web/1", [{ name: "web", instances: ["0", "1"] }]); // [{ name: "web", instances: ["1"], whole: false }]
 */
export function selectInstances(selector: string, services: readonly Selectable[]): readonly Selected[] {
  if (selector === "all") return services.map(({ name, instances }) => ({ name, instances, whole: true }));
  const slash = selector.indexOf("/");
  const [service, number] = slash === -1 ? [selector, undefined] : [selector.slice(0, slash), selector.slice(slash + 1)];
  const isService = matcher(service === "all" ? "*" : service);
  const named = services.filter(({ name }) => isService(name));
  if (number === undefined) {
    if (named.length === 0) throw noSuch(selector, services);
    return named.map(({ name, instances }) => ({ name, instances, whole: true }));
  }
  const isInstance = matcher(number);
  const selected = named
    .map(({ name, instances }) => ({ name, instances: instances.filter(isInstance), whole: false }))
    .filter(({ instances }) => instances.length > 0);
  if (selected.length === 0) throw noInstance(selector, named, services);
  return selected;
}

function matcher(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  return (text) => matches([...pattern], [...text]);
}

/** Goes back to the last star only, so that no pattern takes long: a regular expression made of many stars would. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < text.length; ) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      resume = index;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((rest) => rest === "*");
}

function noSuch(selector: string, services: readonly Selectable[]): ControlError {
  const shown = JSON.stringify(shorten(selector));
  if (services.length === 0) {
    return new ControlError(
      "ERR_NO_SUCH_SERVICE",
      `there is no service ${shown}: there is none at all`,
      "start one, or apply a configuration",
    );
  }
  const names = services.map(({ name }) => name);
  const list = selector.includes(",") ? selector.split(",").map((name) => name.trim()) : [];
  if (list.some((name) => names.includes(name))) {
    return new ControlError("ERR_NO_SUCH_SERVICE", `there is no service ${shown}`, "name them one by one: a selector is no list");
  }
  const what = /[*?]/.test(selector) ? `no service is named as ${shown} says` : `there is no service ${shown}`;
  const near = nearest(selector.slice(0, 200), names);
  return new ControlError(
    "ERR_NO_SUCH_SERVICE",
    what,
    near === undefined ? `there ${names.length === 1 ? "is only" : "are"} ${some(names)}` : `did you mean ${near}?`,
  );
}

function noInstance(selector: string, named: readonly Selectable[], services: readonly Selectable[]): ControlError {
  const shown = JSON.stringify(shorten(selector));
  const [only, ...others] = named;
  if (only === undefined) {
    const near = nearest(
      selector.slice(0, selector.indexOf("/")).slice(0, 200),
      services.map(({ name }) => name),
    );
    if (near === undefined) return noSuch(selector, services);
    const instances = services.find(({ name }) => name === near)?.instances ?? [];
    const number = selector.slice(selector.indexOf("/") + 1);
    const meant = instances.includes(number) ? `${near}/${number}` : near;
    return new ControlError("ERR_NO_SUCH_SERVICE", `there is no instance ${shown}`, `did you mean ${meant}?`);
  }
  if (others.length > 0) return new ControlError("ERR_NO_SUCH_SERVICE", `none of the services has an instance ${shown}`);
  const hint =
    only.instances.length === 0
      ? `${only.name} has no instances now`
      : `${only.name} has ${some(only.instances.map((number) => `${only.name}/${number}`))}`;
  return new ControlError("ERR_NO_SUCH_SERVICE", `there is no instance ${shown}`, hint);
}

function some(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}

function shorten(selector: string): string {
  return selector.length > 80 ? `${selector.slice(0, 80)}…` : selector;
}

/** Checks with their states and what was measured. */
import type { CheckState } from "../src/dashboard/wire.ts";
import { element } from "./dom.ts";
import { moment } from "./format.ts";
import { type Cell, table } from "./table.ts";

/** As many of the last values as are read at a glance. */
const VALUES_SHOWN = 5;
const ORDER: Readonly<Record<CheckState["state"], number>> = { firing: 0, unknown: 1, ok: 2 };

/** Those that fire come first. @param isService whether there is a page about a service of this name */
export function checksTable(checks: readonly CheckState[], isService: (name: string) => boolean, empty = ""): HTMLElement {
  const sorted = [...checks].sort((one, other) => ORDER[one.state] - ORDER[other.state]);
  return table(
    "Checks",
    ["Of", "Check", "State", "Last values", "Then"],
    sorted.map((check) => rowOf(check, isService)),
    empty,
  );
}

function rowOf(check: CheckState, isService: (name: string) => boolean): readonly Cell[] {
  const { subject, check: text, for: times, values, actions } = check;
  const service = subject.slice(0, Math.max(0, subject.lastIndexOf("/")));
  return [
    isService(service) ? element("a", { href: `#/service/${encodeURIComponent(service)}` }, subject) : subject,
    element("span", {}, text, element("small", {}, times === "1 of 1" ? "" : ` ${unbroken(times)}`)),
    element("span", {}, stateMark(check.state), element("small", { class: "why" }, stateText(check))),
    values.length === 0 ? "none yet" : values.slice(-VALUES_SHOWN).map(unbroken).join(", "),
    element("span", {}, actions.join(", "), element("small", {}, doneText(check))),
  ];
}

/** A word with a dot of its colour. */
export function stateMark(state: string): HTMLElement {
  return element("span", { class: "state", "data-state": state }, state);
}

/** A number stays on the line of its unit. */
function unbroken(value: string): string {
  return value.replaceAll(" ", "\u00a0");
}

function doneText({ actions, lastAction }: CheckState): string {
  if (lastAction === null) return "";
  const { at, text } = lastAction;
  return text === actions.join(", ") ? `, done at ${moment(at)}` : `; ${moment(at)}: ${text}`;
}

function stateText({ state, firingSince, heldBy, bad, samples }: CheckState): string {
  const held = heldBy === null ? "" : `, held back: ${heldBy} fires`;
  if (state === "unknown") return ` nothing measured yet${held}`;
  const since = firingSince === null ? "" : ` since ${moment(firingSince)},`;
  return `${since}${samples > 1 ? ` ${bad} of the last ${samples} bad` : ""}${held}`.replace(/,$/, "");
}

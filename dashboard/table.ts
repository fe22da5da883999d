/** A panel with a table, or with what there is to say where it would be empty. */
import { element, morph } from "./dom.ts";

export type Cell = string | Node;

/**
 * The first cell of a row is its heading.
 *
 * @param empty shown where there are no rows
 * @example
 * table("Disks", ["Disk", "Busy"], [["sda", "3 %"]], "The kernel shows no disk here.");
 */
export function table(title: string, headings: readonly string[], rows: readonly (readonly Cell[])[], empty = ""): HTMLElement {
  const body = rows.map((cells) =>
    element(
      "tr",
      {},
      ...cells.map((cell, index) =>
        index === 0 ? element("th", { scope: "row" }, cell) : element("td", { "data-label": headings[index] ?? "" }, cell),
      ),
    ),
  );
  const head = element("thead", {}, element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading))));
  return element(
    "section",
    { class: "panel", "aria-label": title },
    element("h2", {}, title),
    rows.length === 0 ? element("p", { class: "empty" }, empty) : element("table", { class: "stack" }, head, element("tbody", {}, ...body)),
  );
}

/** Tables that are made anew again and again: only what differs is changed on the page. */
export class Tables {
  readonly node: HTMLElement = element("div");

  show(tables: readonly HTMLElement[]): void {
    const have = [...this.node.children];
    for (const [index, wanted] of tables.entries()) {
      const old = have[index];
      if (old === undefined) this.node.append(wanted);
      else morph(old, wanted);
    }
    for (const old of have.slice(tables.length)) old.remove();
  }
}

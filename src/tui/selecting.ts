/** Which instance is the selected one. Pure. */
import type { Model } from "./model.ts";
import { rowsOf } from "./rows.ts";

/** What was selected stays so while it is shown; else the first row is. Also after the filter or the order changed. */
export function selecting(model: Model): Model {
  const rows = rowsOf(model);
  if (rows.some(({ status }) => status.name === model.selected)) return model;
  const selected = rows[0]?.status.name ?? null;
  return selected === model.selected ? model : { ...model, selected, log: null, scroll: { log: 0, events: 0 } };
}

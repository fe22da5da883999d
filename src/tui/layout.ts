/** How many rows of the screen each part has. Pure. */
import type { Size } from "./line.ts";

export interface Layout {
  readonly fileSystems: number;
  /** Without the titles of its columns. */
  readonly table: number;
  /** Each with its title; 0 where there is no room. */
  readonly panes: number;
  /** Log and events beside each other, one above the other, or only the one that has the keys. */
  readonly arrangement: "beside" | "above" | "one";
}

/** Host, titles and footer have a row each. */
const FIXED = 3;

export function layoutOf({ columns, rows }: Size, instances: number, mounts: number): Layout {
  const fileSystems = rows < 16 ? 0 : Math.min(mounts, rows < 30 ? 2 : 4);
  const left = Math.max(0, rows - FIXED - fileSystems);
  const usual = left < 9 ? 0 : Math.max(4, Math.floor(left * 0.45));
  // What a short table doesn't need, the panes have.
  const panes = usual === 0 ? 0 : Math.max(usual, left - Math.max(1, instances));
  return { fileSystems, table: left - panes, panes, arrangement: columns >= 110 ? "beside" : panes >= 9 ? "above" : "one" };
}

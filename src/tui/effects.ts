/** What the view wants done, once a key was pressed. */
import type { ActionName, Model } from "./model.ts";

export type Effect =
  | { readonly effect: "quit" | "suspend" | "redraw" }
  | { readonly effect: "act"; readonly action: ActionName; readonly selector: string }
  | { readonly effect: "details"; readonly instance: string };

export interface Update {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

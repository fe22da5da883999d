/** What a view of the page is. */
import type { LiveMessage } from "../src/dashboard/wire.ts";

export interface View {
  readonly title: string;
  readonly node: HTMLElement;
  /** At most once a frame, with all that came since. */
  update(what: ReadonlySet<LiveMessage>): void;
  /** It is shown no more. */
  close?(): void;
}

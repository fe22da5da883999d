/** How things are said and how wide they are: what the commands print in lines, the view shows in its panes. */
import type { Explanation, ServiceDescription, SupervisorEvent } from "./answers.ts";

export interface Wording {
  /** One line that does a terminal no harm. */
  harmless(text: string): string;
  /** Columns on a terminal. */
  width(text: string): number;
  /** In so many columns at the most. */
  cut(text: string, columns: number): string;
  /** Bytes, "45 MiB". */
  size(bytes: number): string;
  /** One line without colours. */
  event(event: SupervisorEvent, now: number): string;
  /** The service or instance that it is about; undefined where it is about the supervisor. */
  subject(event: SupervisorEvent): string | undefined;
  why(explanation: Explanation, now: number): readonly string[];
  describe(service: ServiceDescription, now: number): readonly string[];
}

import type { Filter } from "../logs/readFilter.ts";

/** What was asked for. Times are milliseconds since 1970. */
export interface Wanted {
  readonly words: readonly string[];
  readonly follow: boolean;
  /** Infinity for all. */
  readonly lines: number;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly filter: Filter;
  readonly instance: string | undefined;
  readonly only: "stdout" | "stderr" | undefined;
  readonly form: "text" | "raw" | "json";
  readonly timestamps: boolean;
  readonly colours: boolean;
}

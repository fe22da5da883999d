/** What a route is: what it is asked with, and what it may answer. */
import type { Control } from "../supervisor/control.ts";
import type { LogRequest } from "./logs.ts";
import type { Field } from "./requestFields.ts";

export interface Asked {
  readonly control: Control;
  /** Decoded; "" for a path without one. */
  readonly selector: string;
  /** Checked by the route's `query`. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly by: string;
  /** Last-Event-ID, where it is the number of an event. */
  readonly lastEventId: string | undefined;
  /** Last-Event-ID as it came. */
  readonly lastPosition: string | undefined;
  /** The header as it came. */
  readonly accept: string | undefined;
  /** Aborted when the one who asked is gone. */
  readonly signal: AbortSignal;
  readonly version: string;
}

export type Reply =
  | { readonly json: unknown }
  | { readonly text: string; readonly type: string }
  /** `interval`: milliseconds. */
  | { readonly samples: { readonly interval: number; readonly count: number } }
  | { readonly events: { readonly after: number | undefined; readonly follow: boolean } }
  | { readonly logs: LogRequest };

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** ":selector" stands for one segment, percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, Field<unknown>>>;
  readonly handle: (asked: Asked) => Reply | Promise<Reply>;
}

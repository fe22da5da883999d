/** What a stream of lines works with. */
import { DaemonError } from "../../launch/errors.ts";
import type { InitClient } from "../init/initClient.ts";
import type { Archives } from "./archives.ts";

export type LogClient = Pick<InitClient, "setLog" | "limitLog" | "closeLog">;

export interface LogStreamOptions {
  readonly client: LogClient;
  readonly archives: Archives | undefined;
  /** Init's name. */
  readonly name: string;
  /** Of the service. */
  readonly directory: string;
  /** "0", "0.error" */
  readonly stream: string;
  /** Something failed in the background; it is tried again later. */
  readonly failed: (error: unknown) => void;
  /** Init goes on in another file, which has the path now. */
  readonly rotated: () => void;
}

/** Init has closed it: it was asked to, and the last of its pipes has ended. */
export function isUnknownLog(error: unknown): boolean {
  return error instanceof DaemonError && (error.code === "ENOENT" || error.code === "EINVAL");
}

export function unlessUnknown(error: unknown): void {
  if (!isUnknownLog(error)) throw error;
}

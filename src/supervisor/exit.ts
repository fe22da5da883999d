import type { ExitStatus } from "../values/exitStatus.ts";

/** What the kernel counted for a process, from its reaper's rusage. */
export interface ResourceUsage {
  readonly userMs: number;
  readonly systemMs: number;
  readonly maxRssBytes: number;
}

/**
 * Only status 0 is a success. A service that somebody killed, with SIGTERM as well, did not end by itself; one whose
 * status nobody knows is taken for failed, since starting it once too often does less harm than not at all.
 */
export function isSuccess(status: ExitStatus): boolean {
  return status !== "unknown" && "code" in status && status.code === 0;
}

/** How a process ended. True, or "unknown": never invented. */
import { signalName } from "./signals.ts";

export type ExitStatus = { readonly code: number } | { readonly signal: string } | "unknown";

/** From a wait status, as wait(2) encodes it. */
export function decodeWaitStatus(status: number): ExitStatus {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal: signalName(signal) };
}

/** "exit status 3", "killed by SIGKILL". */
export function describeExit(status: ExitStatus): string {
  if (status === "unknown") return "exit status unknown";
  return "code" in status ? `exit status ${status.code}` : `killed by ${status.signal}`;
}

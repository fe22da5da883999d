import { release } from "node:os";

const [major = 0, minor = 0] = release().split(".").map(Number);

/** Before Linux 6.15 the exit status of a process that isn't one's own child is known only until somebody reaps it. */
export function told(status: string): string {
  return major > 6 || (major === 6 && minor >= 15) ? status : `(?:${status}|exit status unknown)`;
}

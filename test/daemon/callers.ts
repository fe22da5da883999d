/** Callers that have something a daemon must not inherit. */
import type { Circumstances } from "../support/startedUnder.ts";

export const CALLERS: readonly (readonly [who: string, circumstances: Circumstances])[] = [
  ["an ordinary caller", {}],
  ["a caller with descriptors 37 and 251 open", { fds: { 37: "/dev/zero", 251: "/etc/passwd" } }],
  ...combinations().map((closed) => [`a caller with descriptors ${closed.join(" and ")} closed`, { closed }] as const),
  ["a caller that blocks SIGTERM and SIGUSR1", { blocked: ["SIGTERM", "SIGUSR1"] }],
  ["a caller that ignores SIGTERM and SIGINT", { ignored: ["SIGTERM", "SIGINT"] }],
  ["a caller that ignores SIGHUP and SIGCHLD", { ignored: ["SIGHUP", "SIGCHLD"] }],
  ["a caller with umask 077", { umask: 0o077 }],
  [
    "a caller with all of that at once",
    {
      fds: { 37: "/dev/zero", 251: "/etc/passwd" },
      closed: [0, 1, 2],
      blocked: ["SIGTERM", "SIGUSR1"],
      ignored: ["SIGINT", "SIGCHLD"],
      umask: 0o077,
    },
  ],
];

/** Of descriptors 0 to 2, all but none of them. */
function combinations(): number[][] {
  return [1, 2, 3, 4, 5, 6, 7].map((bits) => [0, 1, 2].filter((fd) => bits & (1 << fd)));
}

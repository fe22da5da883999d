/**
 * Waiting until a daemon is ready. The logic is a generator that says what it
 * waits for, so that createDaemon can drive it synchronously and daemonize
 * without holding up the event loop.
 */
import { DaemonError } from "../launch/errors.ts";
import { monotonicMs } from "../values/clock.ts";
import { formatDuration } from "../values/duration.ts";
import { describeExit, type ExitStatus } from "../values/exitStatus.ts";

export type Verdict =
  | { readonly is: "waiting"; readonly extend?: number }
  | { readonly is: "ready" }
  /** Nothing can come any more: end of file. */
  | { readonly is: "closed" }
  | { readonly is: "failed"; readonly error: DaemonError };

/** Where word of readiness comes from. */
export interface ReadinessSource {
  /** Readable when {@link read} has something to say. */
  readonly fd: number;
  read(): Verdict;
  /** What the daemon said of itself last, for the error. */
  lastStatus?(): string | undefined;
  /** What is still to be waited for when it is ready. */
  afterReady?(): Wait<void>;
  close(): void;
}

/** The daemon as its launcher sees it. */
export interface Launchling {
  readonly pid: number;
  readonly pidfd: number;
  readonly name: string;
  exitStatus(): ExitStatus;
  /** False when it is gone already. */
  signal(signal: "SIGTERM" | "SIGKILL"): boolean;
  /** Ends what it started and left behind. */
  endRest(): void;
  /** Its last lines on standard error. */
  lastWords(): string | undefined;
  /** What to tell the user where there are none. */
  readonly wordsHint: string | undefined;
}

/** Descriptors to poll, and for how long (ms, -1 for ever); the answer is the indexes that are readable. */
export interface PollRequest {
  readonly fds: readonly number[];
  readonly timeout: number;
}

export type Wait<T> = Generator<PollRequest, T, readonly number[]>;

/** How long a daemon that was not ready in time may take to end by itself after SIGTERM. */
const GRACE_MS = 2000;

/**
 * Returns when the daemon is ready; throws the DaemonError of one that failed, ended or was not ready in time (then the
 * caller ends it). End of file is never taken for readiness, and a dead daemon is never waited for.
 */
export function* awaitReadiness(source: ReadinessSource, daemon: Launchling, timeout: number): Wait<void> {
  let deadline = timeout < 0 ? Number.POSITIVE_INFINITY : monotonicMs() + timeout;
  const fds = [source.fd, daemon.pidfd];
  for (;;) {
    const readable = yield { fds, timeout: Number.isFinite(deadline) ? Math.max(0, Math.ceil(deadline - monotonicMs())) : -1 };
    // The source before the death: what a daemon said before it died counts.
    const verdict = source.read();
    if (verdict.is === "ready") return yield* source.afterReady?.() ?? [];
    if (verdict.is === "failed") throw verdict.error;
    if (readable.includes(1)) throw ended(daemon, source);
    if (verdict.is === "closed") throw yield* closed(daemon, source);
    if (verdict.extend !== undefined) deadline = Math.max(deadline, monotonicMs() + verdict.extend);
    if (monotonicMs() >= deadline) throw late(daemon, timeout, source);
  }
}

/** Ends a daemon that must not stay: SIGTERM, then SIGKILL; then what is left of its session, which may hold the pid file. */
export function* end(daemon: Launchling): Wait<void> {
  if (daemon.signal("SIGTERM")) {
    const gone = yield { fds: [daemon.pidfd], timeout: GRACE_MS };
    if (gone.length === 0 && daemon.signal("SIGKILL")) yield { fds: [daemon.pidfd], timeout: GRACE_MS };
  }
  daemon.endRest();
}

/** A daemon that closed its end is most often about to be dead, and then its exit status says more. */
function* closed(daemon: Launchling, source: ReadinessSource): Wait<DaemonError> {
  const gone = yield { fds: [daemon.pidfd], timeout: GRACE_MS };
  if (gone.length > 0) return ended(daemon, source);
  const what = `${label(daemon)} closed the descriptor for its readiness without a word on it`;
  return DaemonError.own("ERR_DAEMON_FAILED", "ready", what, words(daemon));
}

function ended(daemon: Launchling, source: ReadinessSource): DaemonError {
  const what = `${label(daemon)} ended before it was ready: ${describeExit(daemon.exitStatus())}${statusOf(source)}`;
  return DaemonError.own("ERR_DAEMON_EXITED", "ready", what, words(daemon));
}

function late(daemon: Launchling, timeout: number, source: ReadinessSource): DaemonError {
  const what = `${label(daemon)} was not ready within ${formatDuration(timeout)} and was ended${statusOf(source)}`;
  const { lastWords, hint } = words(daemon);
  return DaemonError.own("ERR_NOT_READY", "ready", what, {
    ...(lastWords === undefined ? {} : { lastWords }),
    hint: hint ?? "give it more time, or see why it never reports",
  });
}

function label(daemon: Launchling): string {
  return `${daemon.name} (${daemon.pid})`;
}

function statusOf(source: ReadinessSource): string {
  const status = source.lastStatus?.();
  return status === undefined ? "" : `; its last status: ${status}`;
}

function words(daemon: Launchling): { lastWords?: string; hint?: string } {
  const lastWords = daemon.lastWords();
  if (lastWords !== undefined) return { lastWords };
  return daemon.wordsHint === undefined ? {} : { hint: daemon.wordsHint };
}

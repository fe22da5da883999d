/** What all probes have in common. */

/** Runs until it is closed. Closing twice is fine; nothing is called after it, and nothing is left that keeps the process alive. */
export interface Probe {
  close(): void;
}

export interface ProbeHandlers {
  readonly onPassed: () => void;
  /** `why` is half a sentence for people, on one line: "127.0.0.1:80: Connection refused (ECONNREFUSED)". */
  readonly onFailed: (why: string) => void;
  /** Closes the probe. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One try: resolves to null where it passed, or to why it did not. Never rejects. Once `signal` is
 * aborted it lets go of everything at once, and what it resolves to is not looked at any more.
 */
export type Try = (signal: AbortSignal) => Promise<string | null>;

/** How a command ended: an exit status, or the signal that killed it. */
export interface CommandEnd {
  readonly status: number | null;
  readonly signal: string | null;
  /** What it wrote, or the end of that. */
  readonly output?: string;
}

/** Runs a command as the service's user. When `signal` is aborted it kills the command, and settles when that is gone. Rejects where it can't be started. */
export type RunCommand = (command: readonly string[], signal: AbortSignal) => Promise<CommandEnd>;

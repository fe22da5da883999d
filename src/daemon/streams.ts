/** Where the daemon's standard input, output and error go: the steps of a plan, and what must be closed after the launch. */
import { closeSync } from "node:fs";
import { dup, openAt, type Step } from "../launch/steps.ts";
import { native } from "../native/addon.ts";
import type { CheckedSharedOptions, Stream } from "./options.ts";

type Asked = Pick<CheckedSharedOptions, "stdin" | "stdout" | "stderr" | "truncate">;

export interface Streams {
  readonly steps: readonly Step[];
  /** Copies of the caller's descriptors, above 2 and close-on-exec; they must survive closeFdsFrom. */
  readonly sources: readonly number[];
  close(): void;
}

/** Descriptors that the launcher makes lie above every number that a program is likely to be given on purpose. */
export const OWN_FDS_FROM = 64;

/** Where composeStreams gets its copies from. */
export interface Copier {
  copy(fd: number): number;
  close(fd: number): void;
}

const COPIER: Copier = { copy: (fd) => native().duplicate(fd, OWN_FDS_FROM), close: closeSync };

/**
 * Descriptors are copied out of the way first, so that `stdout: 2, stderr: 1` swaps them and "inherit" survives the closing.
 *
 * @param syslogPipe write end of the pipe to the syslog relay, where a stream goes to syslog
 */
export function composeStreams({ stdin, stdout, stderr, truncate }: Asked, syslogPipe?: number, copier = COPIER): Streams {
  const sources: number[] = [];
  const close = (): void => {
    for (const fd of sources.splice(0)) copier.close(fd);
  };
  const step = (target: 0 | 1 | 2, stream: Stream): Step => {
    if (stream.kind === "file") {
      return target === 0
        ? openAt(0, stream.path, "r")
        : openAt(target, stream.path, stream.path === "/dev/null" ? "w" : "a", { truncate });
    }
    const source = copier.copy(stream.kind === "syslog" ? syslogFd(syslogPipe) : stream.fd);
    sources.push(source);
    return dup(source, target);
  };
  try {
    // One open file for both keeps the order of what they write, also after truncation.
    const together = stdout.kind === "file" && stderr.kind === "file" && stdout.path === stderr.path;
    return { steps: [step(0, stdin), step(1, stdout), together ? dup(1, 2) : step(2, stderr)], sources, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Whether any stream goes to syslog. */
export function usesSyslog({ stdout, stderr }: Asked): boolean {
  return stdout.kind === "syslog" || stderr.kind === "syslog";
}

function syslogFd(fd: number | undefined): number {
  if (fd === undefined) throw new TypeError("a stream goes to syslog, but there is no pipe to it");
  return fd;
}

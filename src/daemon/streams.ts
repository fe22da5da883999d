/** Where the daemon's standard input, output and error go: the steps of a plan, and what must be closed after the launch. */
import { closeSync } from "node:fs";
import { dup, openAt, type Step } from "../launch/steps.ts";
import { native } from "../native/addon.ts";
import type { CheckedSharedOptions, Stream } from "./options.ts";

type Asked = Pick<CheckedSharedOptions, "stdin" | "stdout" | "stderr" | "truncate">;

/**
 * Names of open descriptors and devices: links made by the kernel, or by root for all. They are followed, and what is behind
 * them is whatever it is.
 */
const SPECIAL = /^\/(?:dev\/[^/]+|dev\/fd\/\d+|proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/fd\/\d+)$/;

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
 * A file for output is opened as a log: not by way of a link, nor where it has another name or a stranger's owner.
 *
 * @param owner uid of the daemon, where that is another one: files may belong to it as well as to root and the caller
 * @param syslogPipe write end of the pipe to the syslog relay, where a stream goes to syslog
 */
export function composeStreams(
  { stdin, stdout, stderr, truncate }: Asked,
  owner: number | undefined,
  syslogPipe?: number,
  copier = COPIER,
): Streams {
  const sources: number[] = [];
  const owners = [...new Set([0, process.geteuid?.() ?? 0, owner ?? 0])];
  const close = (): void => {
    for (const fd of sources.splice(0)) copier.close(fd);
  };
  const step = (target: 0 | 1 | 2, stream: Stream): Step => {
    if (stream.kind === "file") {
      if (target === 0) return openAt(0, stream.path, "r");
      const mode = stream.path === "/dev/null" ? "w" : "a";
      return openAt(target, stream.path, mode, SPECIAL.test(stream.path) ? { truncate } : { truncate, owners });
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

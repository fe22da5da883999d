/** Starts a program the way an odd caller would: descriptors open or closed, signals ignored or blocked, another umask. */

export interface Circumstances {
  /** Descriptors to open for reading, by number. */
  readonly fds?: Readonly<Record<number, string>>;
  /** Descriptors to close. */
  readonly closed?: readonly number[];
  readonly umask?: number;
  /** Signals to ignore. */
  readonly ignored?: readonly NodeJS.Signals[];
  /** Signals to block. */
  readonly blocked?: readonly NodeJS.Signals[];
  /** Soft limit of open files, or [soft, hard]. */
  readonly nofile?: number | readonly [number, number];
  /** Soft and hard limit of the user's processes. */
  readonly nproc?: number;
}

/**
 * The argv that starts `argv` under these circumstances: hand it to `run`.
 * It keeps its pid all the way, since every helper on the way is left by exec.
 *
 * @example
 * const [file, ...args] = startedUnder({ fds: { 37: "/dev/zero" }, closed: [0, 1, 2] }, cliArgv(["selftest"]));
 */
export function startedUnder(circumstances: Circumstances, argv: readonly string[]): [string, ...string[]] {
  const { fds = {}, closed = [], umask, ignored = [], blocked = [], nofile, nproc } = circumstances;
  const short = (signal: string) => signal.replace(/^SIG/, "");
  const [soft, hard] = typeof nofile === "number" ? [nofile, undefined] : (nofile ?? []);
  const script = [
    soft === undefined ? "" : `ulimit -Sn ${soft}`,
    hard === undefined ? "" : `ulimit -Hn ${hard}`,
    nproc === undefined ? "" : `ulimit -u ${nproc}`,
    umask === undefined ? "" : `umask ${umask.toString(8)}`,
    ...ignored.map((signal) => `trap '' ${short(signal)}`),
    ...Object.entries(fds).map(([fd, path]) => `exec ${fd}<${quote(path)}`),
    ...closed.map((fd) => `exec ${fd}<&-`),
    'exec "$@"',
  ];
  const mask = blocked.length === 0 ? [] : ["env", `--block-signal=${blocked.map(short).join(",")}`];
  // bash: other shells know no descriptor above 9.
  return ["bash", "-c", ["set -e", ...script].filter((line) => line !== "").join("\n"), "bash", ...mask, ...argv];
}

/** One word of a shell command. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

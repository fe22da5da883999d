/** Who started this program, told from what can be seen: there is no system call that says it. */
import { fstatSync, readFileSync, type Stats } from "node:fs";

/** See {@link startedBy}. */
export type Starter = "superserver" | "systemd" | "init" | "user";

/** All that {@link startedBy} looks at. */
export interface StartFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly hasTerminal: boolean;
  /** Descriptors 0 and 1 are one socket, and it is no nameless pair of somebody's making. */
  readonly stdioIsConnection: boolean;
  /** JOURNAL_STREAM names what descriptor 1 or 2 is. */
  readonly stdioIsJournal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Who started this program. The first rule that fits decides:
 *
 * 1. `"superserver"` (inetd, systemd with `Accept=yes` and `StandardInput=socket`):
 *    descriptors 0 and 1 are the same socket, the connection. A nameless socket
 *    pair, as other programs use for pipes, doesn't count.
 * 2. `"systemd"`: SYSTEMD_EXEC_PID is this process (systemd 248 and later); or
 *    INVOCATION_ID is set, and output goes to the journal that JOURNAL_STREAM
 *    names, or (before 248) the parent is pid 1.
 * 3. `"init"`: this is pid 1 itself, as in a container, or the parent is pid 1
 *    and there is no controlling terminal.
 * 4. `"user"`: a shell, cron, or any other program.
 *
 * The facts are taken when the library is loaded, so that the answer stays the
 * same when the parent ends or the environment is changed. A program whose parent ended
 * before that can't be told from one that init started; a daemon that
 * {@link createDaemon} made knows what its launcher saw.
 *
 * Sources: UNP vol. 1, 13.5 and 13.6 (`daemon_inetd`); systemd.exec(5), "Environment variables in spawned processes".
 *
 * @example
 * const daemon = startedBy() === "systemd" ? undefined : createDaemon();
 */
export function startedBy(): Starter {
  return remembered;
}

let remembered: Starter = decideStarter(collectFacts());

/** For a daemon: what its launcher saw, which can't be seen from here any more. */
export function rememberStarter(starter: Starter): void {
  remembered = starter;
}

/** The rules of {@link startedBy}. */
export function decideStarter(facts: StartFacts): Starter {
  const { pid, ppid, env } = facts;
  if (facts.stdioIsConnection) return "superserver";
  if (env.SYSTEMD_EXEC_PID === String(pid)) return "systemd";
  // A daemon that a service left behind has INVOCATION_ID and the parent 1 as well: SYSTEMD_EXEC_PID gives it away.
  const childOfOldSystemd = ppid === 1 && env.SYSTEMD_EXEC_PID === undefined;
  if (env.INVOCATION_ID && (facts.stdioIsJournal || childOfOldSystemd)) return "systemd";
  if (pid === 1 || (ppid === 1 && !facts.hasTerminal)) return "init";
  return "user";
}

function collectFacts(): StartFacts {
  const { SYSTEMD_EXEC_PID, INVOCATION_ID, JOURNAL_STREAM } = process.env;
  return {
    pid: process.pid,
    ppid: process.ppid,
    // Read only where the rules ask for it: every program pays for what is done here.
    get hasTerminal() {
      return hasTerminal();
    },
    stdioIsConnection: isConnection(stat(0), stat(1)),
    stdioIsJournal: JOURNAL_STREAM !== undefined && [1, 2].some((fd) => identity(stat(fd)) === JOURNAL_STREAM),
    env: { SYSTEMD_EXEC_PID, INVOCATION_ID },
  };
}

/** Field 7 of proc_pid_stat(5), counted from the end of the name, which may hold anything. */
function hasTerminal(): boolean {
  const text = readOrEmpty("/proc/self/stat");
  const terminal = text.slice(text.lastIndexOf(")") + 2).split(" ")[4];
  return terminal !== undefined && terminal !== "0";
}

function isConnection(input: Stats | undefined, output: Stats | undefined): boolean {
  if (input === undefined || !input.isSocket() || identity(input) !== identity(output)) return false;
  // Num RefCount Protocol Flags Type St Inode Path: a pair has no path, a socket that isn't unix no line.
  const line = readOrEmpty("/proc/self/net/unix")
    .split("\n")
    .find((row) => row.trim().split(/\s+/)[6] === String(input.ino));
  return line === undefined || line.trim().split(/\s+/).length > 7;
}

function identity(stats: Stats | undefined): string {
  return stats === undefined ? "closed" : `${stats.dev}:${stats.ino}`;
}

function stat(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

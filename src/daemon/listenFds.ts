/** Socket activation: the descriptors that a service manager opened before this program ran. */
import { DaemonError, OptionError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import { environmentError } from "./environmentError.ts";

/** SD_LISTEN_FDS_START: standard input, output and error come before. */
const FIRST = 3;
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] as const;

export interface ListenFd {
  readonly fd: number;
  /** From LISTEN_FDNAMES; "unknown" where the manager gives no names. */
  readonly name: string;
}

export interface ListenFdsOptions {
  /** Remove the variables, so that no child takes the descriptors for its own. Also when the call fails. Default false. */
  readonly unset?: boolean;
}

/**
 * The descriptors passed to this process by a service manager, in order, each
 * close-on-exec from now on. Empty where LISTEN_PID is another process, or nothing was passed.
 *
 * A superserver such as inetd passes one connection as descriptor 0 and sets no
 * variables: ask {@link startedBy} for that (UNP vol. 1, 13.5 and 13.6).
 *
 * Throws {@link DaemonError}: EINVAL for malformed variables or names that are
 * not as many as the descriptors, EBADF for a descriptor that isn't open.
 *
 * Source: sd_listen_fds(3).
 *
 * @example
 * const [socket] = listenFds({ unset: true });
 * server.listen(socket === undefined ? { port: 8080 } : { fd: socket.fd });
 */
export function listenFds(options: ListenFdsOptions = {}): ListenFd[] {
  const unset = validate(options);
  try {
    const { count, names } = passed();
    const fds: ListenFd[] = [];
    for (let fd = FIRST; fd < FIRST + count; fd++) {
      setCloseOnExec(fd);
      fds.push({ fd, name: names?.[fd - FIRST] || "unknown" });
    }
    return fds;
  } finally {
    if (unset) for (const variable of VARIABLES) delete process.env[variable];
  }
}

function validate(options: ListenFdsOptions): boolean {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("options", `listenFds takes an object of options, not ${given(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (key === "unset") continue;
    const meant = nearest(key, ["unset"]);
    throw new OptionError(key, `listenFds has no option ${given(key)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  }
  const { unset = false } = options;
  if (typeof unset !== "boolean") throw new OptionError("unset", `unset must be true or false, not ${given(unset)}`);
  return unset;
}

function passed(): { readonly count: number; readonly names?: readonly string[] | undefined } {
  const { LISTEN_PID: pid, LISTEN_FDS: text, LISTEN_FDNAMES: joined } = process.env;
  if (pid === undefined || text === undefined) return { count: 0 };
  if (!/^\d{1,10}$/.test(pid) || Number(pid) < 1) throw invalid("LISTEN_PID", pid, "the pid of this process");
  if (Number(pid) !== process.pid) return { count: 0 };
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff - FIRST) throw invalid("LISTEN_FDS", text, "the number of descriptors");
  const count = Number(text);
  const names = joined?.split(":");
  if (count > 0 && names !== undefined && names.length !== count) {
    throw invalid("LISTEN_FDNAMES", joined ?? "", `as many names as LISTEN_FDS says (${count}), separated by ":"`);
  }
  return { count, names };
}

function invalid(variable: string, value: string, meant: string): DaemonError {
  return environmentError("listenFds", variable, value, meant);
}

function setCloseOnExec(fd: number): void {
  try {
    native().setCloseOnExec(fd, true);
  } catch (error) {
    throw DaemonError.from(error, "listenFds", `descriptor ${fd}`, "LISTEN_FDS promises it, so who starts this program must leave it open");
  }
}

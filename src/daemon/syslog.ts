/** Messages for the system log. */
import { parse } from "node:path";
import { isSystemError, OptionError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { ERRNO } from "../values/errno.ts";
import { nearest } from "../values/nearest.ts";
import { given } from "../values/valueError.ts";
import {
  formatHeader,
  halve,
  messageLines,
  SYSLOG_FACILITIES,
  SYSLOG_LEVELS,
  type SyslogFacility,
  type SyslogLevel,
} from "./syslogFormat.ts";

export interface SyslogOptions {
  /** Name in front of each message. Default: the script's name without its extension. */
  readonly ident?: string;
  /** Default "daemon". */
  readonly facility?: SyslogFacility;
  /** Write the pid after the name. Default true. */
  readonly pid?: boolean;
  /** Socket of the syslog daemon: an absolute path, or "@name" for an abstract address. Default "/dev/log". */
  readonly path?: string;
}

const OPTIONS = ["ident", "facility", "pid", "path"] as const;

let settings: Required<SyslogOptions> = defaults();

/**
 * The system log, as syslog(3) writes it: RFC 3164 datagrams to `/dev/log`, in local time.
 *
 * A message of several lines is sent line by line; a line that is too long for
 * a datagram in as many pieces as it takes. Logging returns true when all of it was
 * handed over, and false where no syslog daemon listens (a queue that stays
 * full for five seconds counts as none): a daemon doesn't fail for want of its log.
 * No descriptor is held between calls, so closing all files does no harm.
 *
 * Sources: syslog(3), APUE 13.4, UNP vol. 1, 13.2 and 13.3.
 *
 * @example
 * syslog.open({ ident: "web", facility: "local0" });
 * syslog.warning("certificate expires in 3 days");
 */
export const syslog = {
  /** Sets how messages are marked and where they go. What isn't named gets its default. Unknown names are an {@link OptionError}. */
  open(options: SyslogOptions = {}): void {
    settings = { ...defaults(), ...validate(options) };
  },

  /** Sends one message. */
  log(level: SyslogLevel, message: string): boolean {
    requireName("level", level, SYSLOG_LEVELS);
    if (typeof message !== "string") throw new OptionError("message", `message must be a string, not ${given(message)}`);
    const { facility, ident, pid, path } = settings;
    const header = formatHeader({ facility, level, date: new Date(), ident, pid: pid ? process.pid : undefined });
    return messageLines(message).every((line) => send(path, header, line));
  },

  /** The system is unusable. */
  emerg: (message: string): boolean => syslog.log("emerg", message),
  /** Action must be taken at once. */
  alert: (message: string): boolean => syslog.log("alert", message),
  crit: (message: string): boolean => syslog.log("crit", message),
  error: (message: string): boolean => syslog.log("error", message),
  warning: (message: string): boolean => syslog.log("warning", message),
  /** Normal, but significant. */
  notice: (message: string): boolean => syslog.log("notice", message),
  info: (message: string): boolean => syslog.log("info", message),
  debug: (message: string): boolean => syslog.log("debug", message),

  /** Back to the defaults, as closelog(3). */
  close(): void {
    settings = defaults();
  },
};

function send(path: string, header: string, line: string): boolean {
  try {
    native().sendDatagram(path, Buffer.from(header + line), []);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const halves = error.errno === ERRNO.EMSGSIZE ? halve(line) : undefined;
    return halves?.every((half) => send(path, header, half)) ?? false;
  }
}

function defaults(): Required<SyslogOptions> {
  return { ident: parse(process.argv[1] ?? process.execPath).name, facility: "daemon", pid: true, path: "/dev/log" };
}

function validate(options: SyslogOptions): SyslogOptions {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("options", `syslog.open takes an object of options, not ${given(options)}`);
  }
  for (const key of Object.keys(options)) requireName("option", key, OPTIONS);
  const { ident, facility, pid, path } = options;
  if (ident !== undefined && (typeof ident !== "string" || !/^\P{Cc}+$/u.test(ident))) {
    throw new OptionError("ident", `ident must be text without control characters, not ${given(ident)}`);
  }
  if (facility !== undefined) requireName("facility", facility, Object.keys(SYSLOG_FACILITIES));
  if (pid !== undefined && typeof pid !== "boolean") throw new OptionError("pid", `pid must be true or false, not ${given(pid)}`);
  if (path !== undefined && (typeof path !== "string" || !/^[/@][^\0]+$/.test(path))) {
    throw new OptionError("path", `path must be an absolute path, or "@name", not ${given(path)}`);
  }
  const named = Object.entries({ ident, facility, pid, path }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}

function requireName(kind: string, name: unknown, known: readonly string[]): void {
  if (typeof name === "string" && known.includes(name)) return;
  const meant = typeof name === "string" ? nearest(name, known) : undefined;
  const what =
    kind === "option" ? `syslog.open has no option ${given(name)}` : `${kind} must be one of ${known.join(", ")}, not ${given(name)}`;
  throw new OptionError(kind === "option" ? String(name) : kind, meant === undefined ? what : `${what}; did you mean "${meant}"?`);
}

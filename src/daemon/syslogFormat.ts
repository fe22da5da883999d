/** What a syslog message looks like on /dev/log: pure text. */

/** Severities of syslog(3), most urgent first; the index is the number. */
export const SYSLOG_LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"] as const;

/** Facilities of <syslog.h>, without "kern", which no process can use. */
export const SYSLOG_FACILITIES = {
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

export type SyslogLevel = (typeof SYSLOG_LEVELS)[number];
export type SyslogFacility = keyof typeof SYSLOG_FACILITIES;

export interface SyslogHeader {
  readonly facility: SyslogFacility;
  readonly level: SyslogLevel;
  readonly date: Date;
  readonly ident: string;
  /** Left out where undefined. */
  readonly pid: number | undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * `<PRI>Mmm dd hh:mm:ss ident[pid]: `, in local time and without a host name,
 * as syslog(3) writes it for the local daemon (RFC 3164, 4.1, less the HOSTNAME).
 */
export function formatHeader({ facility, level, date, ident, pid }: SyslogHeader): string {
  const priority = SYSLOG_FACILITIES[facility] * 8 + SYSLOG_LEVELS.indexOf(level);
  const day = String(date.getDate()).padStart(2, " ");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
  return `<${priority}>${MONTHS[date.getMonth()]} ${day} ${time} ${ident}${pid === undefined ? "" : `[${pid}]`}: `;
}

/** One entry per line that says something; NUL, which would end a message early, as syslog daemons write it. */
export function messageLines(message: string): string[] {
  const lines = message
    .replaceAll("\0", "#000")
    .split(/\r?\n/)
    .filter((line) => line !== "");
  return lines.length === 0 ? [""] : lines;
}

/** Two halves, for a line that no datagram takes. Never cuts a character in two; undefined for what can't be cut. */
export function halve(line: string): [string, string] | undefined {
  const middle = Math.floor(line.length / 2);
  const unit = line.charCodeAt(middle);
  const cut = unit >= 0xdc00 && unit <= 0xdfff ? middle + 1 : middle;
  return cut === 0 || cut === line.length ? undefined : [line.slice(0, cut), line.slice(cut)];
}

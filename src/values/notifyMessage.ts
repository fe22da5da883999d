/**
 * What a service says in an sd_notify(3) datagram: a line for each "NAME=value".
 *
 * Bytes from anybody, so nothing in here throws: what can't be understood is left out.
 */

export interface NotifyFields {
  /** READY=1 */
  readonly ready: boolean;
  /** RELOADING=1 */
  readonly reloading: boolean;
  /** MONOTONIC_USEC: when it began to reload, in milliseconds on the clock of clock.ts. */
  readonly since: number | null;
  /** STOPPING=1 */
  readonly stopping: boolean;
  /** For people, in one line that is safe for a terminal. Empty to take an earlier one back. */
  readonly status: string | null;
  /** A failure, as errno's number. */
  readonly errno: number | null;
  /** MAINPID: the process that is the service from now on. */
  readonly mainPid: number | null;
  /** WATCHDOG=1 and WATCHDOG=trigger */
  readonly watchdog: "alive" | "trigger" | null;
  /** WATCHDOG_USEC, in milliseconds; 0 switches it off. */
  readonly watchdogInterval: number | null;
  /** EXTEND_TIMEOUT_USEC, in milliseconds. */
  readonly extendTimeout: number | null;
  /** FDSTORE=1: descriptors came along. With FDSTOREREMOVE=1, those of that name are to go. */
  readonly descriptors: { readonly do: "store" | "remove"; readonly name: string } | null;
  /** Fields that are none of the above, as they came. */
  readonly others: ReadonlyMap<string, string>;
}

/** As systemd: a longer datagram is not taken for a message. */
export const LONGEST_NOTIFY_MESSAGE = 4096;

/** The largest pid that Linux can be configured for. */
const MOST_PID = 2 ** 22;
const MOST_ERRNO = 4095;
/** What sd_pid_notify_with_fds(3) allows for FDNAME. */
const DESCRIPTOR_NAME = /^[^\p{Cc}:]{1,255}$/u;
const KNOWN: ReadonlySet<string> = new Set([
  "READY",
  "RELOADING",
  "MONOTONIC_USEC",
  "STOPPING",
  "STATUS",
  "ERRNO",
  "MAINPID",
  "WATCHDOG",
  "WATCHDOG_USEC",
  "EXTEND_TIMEOUT_USEC",
  "FDSTORE",
  "FDSTOREREMOVE",
  "FDNAME",
]);

/**
 * Understands a datagram. Null for what is no message at all: empty, too long, or with a NUL inside.
 * Of a name that comes twice, the first counts.
 *
 * Source: sd_notify(3); limits as in systemd.
 *
 * @example
 * parseNotifyMessage(Buffer.from("READY=1\nSTATUS=serving"))?.ready; // true
 */
export function parseNotifyMessage(data: Uint8Array): NotifyFields | null {
  const fields = split(data);
  if (fields === null) return null;
  const is = (name: string, value = "1") => fields.get(name) === value;
  const number = (name: string, least: number, most: number) => parseNumber(fields.get(name), least, most);
  const milliseconds = (name: string, least: number) => {
    const microseconds = number(name, least, Number.MAX_SAFE_INTEGER);
    return microseconds === null ? null : microseconds / 1000;
  };
  const watchdog = fields.get("WATCHDOG");
  const status = fields.get("STATUS");
  return {
    ready: is("READY"),
    reloading: is("RELOADING"),
    since: milliseconds("MONOTONIC_USEC", 1),
    stopping: is("STOPPING"),
    status: status === undefined ? null : printable(status),
    errno: number("ERRNO", 1, MOST_ERRNO),
    mainPid: number("MAINPID", 1, MOST_PID),
    watchdog: watchdog === "1" ? "alive" : watchdog === "trigger" ? "trigger" : null,
    watchdogInterval: milliseconds("WATCHDOG_USEC", 0),
    extendTimeout: milliseconds("EXTEND_TIMEOUT_USEC", 1),
    descriptors: descriptors(fields),
    others: new Map([...fields].filter(([name]) => !KNOWN.has(name))),
  };
}

function split(data: Uint8Array): Map<string, string> | null {
  const end = data.at(-1) === 0 ? data.length - 1 : data.length;
  const bytes = data.subarray(0, end);
  if (bytes.length === 0 || bytes.length > LONGEST_NOTIFY_MESSAGE || bytes.includes(0)) return null;
  const fields = new Map<string, string>();
  for (const line of Buffer.from(bytes).toString().split("\n")) {
    const equals = line.indexOf("=");
    const name = line.slice(0, Math.max(0, equals));
    if (name !== "" && !fields.has(name)) fields.set(name, line.slice(equals + 1));
  }
  return fields;
}

function parseNumber(text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && number <= most ? number : null;
}

function descriptors(fields: ReadonlyMap<string, string>): NotifyFields["descriptors"] {
  const what = fields.get("FDSTOREREMOVE") === "1" ? "remove" : fields.get("FDSTORE") === "1" ? "store" : null;
  if (what === null) return null;
  const name = fields.get("FDNAME") ?? "";
  return { do: what, name: DESCRIPTOR_NAME.test(name) ? name : "stored" };
}

/** Escape sequences in it would be obeyed by the terminal of whoever asks for it. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
}

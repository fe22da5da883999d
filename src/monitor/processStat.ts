/**
 * What one line of /proc/PID/stat tells, see proc_pid_stat(5), without making a text of it: `readProcessStat` of src/launch
 * is a fifth slower and leaves ten times as much to the garbage collector, and each sample reads one for each process.
 */
import { bytes } from "./procFile.ts";

/** One for all: what was parsed last. */
export const stat = {
  /** The character code of its state. */
  state: 0,
  parent: 0,
  session: 0,
  flags: 0,
  /** Clock ticks of its own. */
  ticks: 0,
  /** Clock ticks of the children that it has waited for, and of theirs. */
  childTicks: 0,
  threads: 0,
  /** Clock ticks after boot. */
  startTime: 0,
  residentPages: 0,
};

const CLOSING_PARENTHESIS = 0x29;
const BLANK = 0x20;
const MINUS = 0x2d;
const LAST_FIELD = 24;

/** Numbers of the fields, by their number. */
const fields = new Float64Array(LAST_FIELD + 1);

/** Parses the first `length` bytes of the buffer into {@link stat}. False where they are no such line. */
export function parseStat(length: number): boolean {
  // The name may hold blanks and parentheses. What follows it doesn't.
  const end = bytes.lastIndexOf(CLOSING_PARENTHESIS, length - 1);
  if (end === -1) return false;
  stat.state = bytes[end + 2] ?? 0;
  let field = 4;
  let value = 0;
  let sign = 1;
  for (let at = end + 4; at < length && field <= LAST_FIELD; at++) {
    const byte = bytes[at] ?? BLANK;
    if (byte >= 0x30) {
      value = value * 10 + byte - 0x30;
    } else if (byte === MINUS) {
      sign = -1;
    } else {
      fields[field++] = sign * value;
      value = 0;
      sign = 1;
    }
  }
  if (field <= LAST_FIELD) return false;
  stat.parent = at(4);
  stat.session = at(6);
  stat.flags = at(9);
  stat.ticks = at(14) + at(15);
  stat.childTicks = at(16) + at(17);
  stat.threads = at(20);
  stat.startTime = at(22);
  stat.residentPages = Math.max(0, at(24));
  return true;
}

function at(field: number): number {
  return fields[field] ?? 0;
}

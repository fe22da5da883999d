/** How bad a line is: the levels of pino and bunyan, with the words of winston, syslog and others put where they belong. */

const WORDS: Readonly<Record<string, number>> = {
  ...{ trace: 10, silly: 10, debug: 20, verbose: 25, http: 27, info: 30, information: 30, notice: 35, warn: 40, warning: 40 },
  ...{ error: 50, err: 50, fatal: 60, crit: 60, critical: 60, alert: 60, emerg: 60, panic: 60 },
};

/** What a line is taken for that says nothing of it. */
export const USUAL_LEVEL = 30;

/** The words that can be asked for. */
export const LEVEL_WORDS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** 10 to 60 of a word or a number; undefined for what is no level. */
export function levelOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const word = value.toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

/** "WARN" of 40; the number itself where it has no name. */
export function levelName(level: number): string {
  const name = LEVEL_WORDS[level / 10 - 1];
  return name === undefined ? String(level) : name.toUpperCase();
}

const SYSLOG = [60, 60, 60, 50, 40, 35, 30, 20] as const;
/** In capitals, in brackets, before a colon or as level=…, not anywhere in a sentence: "no error" is good news. */
const IN_TEXT =
  /\b(TRACE|DEBUG|VERBOSE|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRIT|CRITICAL|ALERT|EMERG|PANIC)\b|\[(trace|debug|info|notice|warn|warning|error|fatal|crit|alert|emerg)\]|^\W*(trace|debug|info|notice|warn|warning|error|fatal|critical|panic):|\blevel="?(\w+)/i;
/** Where a level is looked for. */
const HEAD = 120;

/**
 * The level of a line of plain text, undefined where it tells none: a word in capitals ("WARN"), in brackets ("[error]"), at the
 * beginning before a colon ("error: …"), "level=warn", or the number of sd-daemon(3) before it ("<3>").
 */
export function levelOfText(line: string): number | undefined {
  const head = line.slice(0, HEAD);
  const [, digit] = /^<([0-7])>/.exec(head) ?? [];
  if (digit !== undefined) return SYSLOG[Number(digit)];
  for (let rest = head; ; ) {
    const [all, capitals, bracketed, leading, named] = IN_TEXT.exec(rest) ?? [];
    if (all === undefined) return undefined;
    if (capitals === undefined || capitals === capitals.toUpperCase()) {
      const level = levelOf(capitals ?? bracketed ?? leading ?? named);
      if (level !== undefined) return level;
    }
    rest = rest.slice(rest.indexOf(all) + all.length);
  }
}

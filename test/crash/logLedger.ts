/**
 * Follows the log of a writer (see program.c), line by line: pure. Every line that the writer counted is there once, in order.
 *
 * What can be lost by nature, and is counted instead of complained about: the bytes that are in a pipe when the last
 * process that has it open ends, while init is dead: the kernel throws them away with the pipe. They are the last ones of
 * that attempt; a gap before other lines of it would be a loss of ours.
 */
export const LINE = 100;

const SHAPE = /^A(\d{6}) P(\d{8}) S(\d{12}) N(\d{12}) (x{53})$/;
/** The attempt, the pid and the start time. */
const IDENTITY = "A000000 P00000000 S000000000000 ".length;
const NUMBER = IDENTITY + 1;
const PADDING = NUMBER + 13;
const MOST_PROBLEMS = 5;

export interface Writer {
  readonly attempt: number;
  readonly pid: number;
}

interface Progress extends Writer {
  /** Lines that were seen, so the number of the next one. */
  lines: number;
}

export interface Counted extends Writer {
  /** Lines that it wrote for certain. */
  readonly wrote: number;
  /** Lines of one write, which it may not have come to count. */
  readonly atOnce: number;
  readonly alive: boolean;
  /** It ended, or may have, while init was dead. */
  readonly cutOff: boolean;
}

export class LogLedger {
  readonly #name: string;
  readonly #writers = new Map<string, Progress>();
  #current = "";
  #rest: Buffer = Buffer.alloc(0);
  #told = 0;
  /** Lines that were checked. */
  lines = 0;
  /** Lines that were lost by nature. */
  cutOff = 0;

  /** @param name for messages: "writer/0" */
  constructor(name: string) {
    this.#name = name;
  }

  /** The next bytes of the log, wherever they end. Returns what is wrong with them. */
  feed(bytes: Buffer): string[] {
    const problems: string[] = [];
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (; all.length - at >= LINE; at += LINE) {
      const end = all.indexOf(10, at);
      if (end === at + LINE - 1) {
        this.#line(all.toString("latin1", at, end), problems);
        continue;
      }
      this.#complain(
        problems,
        `a line of ${end === -1 ? "more" : end + 1 - at} bytes: ${JSON.stringify(all.toString("latin1", at, at + LINE))}`,
      );
      // The next line, so that one torn line isn't told as a thousand.
      if (end === -1) break;
      at = end + 1 - LINE;
    }
    this.#rest = Buffer.from(all.subarray(Math.min(at, all.length)));
    return problems;
  }

  /** Lines of this attempt that were seen. */
  seen({ attempt, pid }: Writer): number {
    for (const writer of this.#writers.values()) if (writer.attempt === attempt && writer.pid === pid) return writer.lines;
    return 0;
  }

  /**
   * Compares what was seen with what a writer counted. `late`: what is still in the pipe comes soon.
   * `done`: it has ended, and all of it is there.
   */
  judge(counted: Counted): { readonly wrong?: string; readonly late?: string; readonly done: boolean } {
    const { wrote, atOnce, alive, cutOff } = counted;
    const seen = this.seen(counted);
    const who = `${this.#name}: attempt ${counted.attempt}, pid ${counted.pid}`;
    // It may write between the look at its counter and the look at the log.
    if (!alive && seen > wrote + atOnce) return { wrong: `${who}: ${seen} lines in the log, but ${wrote} were written`, done: true };
    if (seen >= wrote) return { done: !alive };
    if (!alive && cutOff) {
      this.cutOff += wrote - seen;
      return { done: true };
    }
    return { late: `${who}: ${wrote} lines were written, but only ${seen} are in the log`, done: false };
  }

  #line(line: string, problems: string[]): void {
    const identity = line.slice(0, IDENTITY);
    if (identity !== this.#current || line.charCodeAt(PADDING) !== 120 || line.charCodeAt(LINE - 2) !== 120) {
      if (!SHAPE.test(line)) {
        this.#complain(problems, `a line that nobody wrote: ${JSON.stringify(line)}`);
        return;
      }
    }
    if (identity !== this.#current) this.#turnTo(identity, problems);
    const writer = this.#writers.get(identity);
    if (writer === undefined) return;
    const number = Number(line.slice(NUMBER, PADDING - 1));
    if (number !== writer.lines) {
      const what = number < writer.lines ? "is repeated" : `comes where ${writer.lines} should be: ${number - writer.lines} are lost`;
      this.#complain(problems, `attempt ${writer.attempt}, pid ${writer.pid}: line ${number} ${what}`);
    }
    writer.lines = number + 1;
    this.lines++;
  }

  #turnTo(identity: string, problems: string[]): void {
    const [, attempt, pid] = /^A(\d+) P(\d+)/.exec(identity) ?? [];
    if (this.#writers.has(identity)) this.#complain(problems, `attempt ${Number(attempt)} writes on after a later one has begun`);
    else this.#writers.set(identity, { attempt: Number(attempt), pid: Number(pid), lines: 0 });
    this.#current = identity;
  }

  #complain(problems: string[], problem: string): void {
    this.#told++;
    if (this.#told <= MOST_PROBLEMS) problems.push(`${this.#name}: ${problem}`);
  }
}

/** What a command of `daemonitor` is made of. Its table of flags is what is parsed, and what the help shows. */

export interface Flag {
  readonly short?: string;
  /** Placeholder of its value, as in `--cwd DIR`. A flag without one is a switch. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeat?: true;
  /** Its value may be anything that a file name may be, not only UTF-8. */
  readonly bytes?: true;
  readonly describe: string;
  readonly default?: string;
  /** The option of the library that it sets, for messages that name the option. */
  readonly option?: string;
}

export interface Example {
  readonly command: string;
  readonly does: string;
}

export interface Command<F extends string = string> {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, "[options] [--] command [argument…]". */
  readonly usage: string;
  readonly flags: Readonly<Record<F, Flag>>;
  /**
   * What may follow the flags. For "program" the first word that is no flag ends the flags, and
   * all that follows belongs to the program. A number is how many operands are accepted.
   */
  readonly operands: "program" | number;
  /** Flags that somebody may look for here, without their dashes, and why there is none: a sentence without its end. */
  readonly missing?: Readonly<Record<string, string>>;
  /** Paragraphs of the help between the flags and the examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly Example[];
  /** Resolves to the exit code. */
  run(args: Arguments<F>): Promise<number> | number;
}

/** A command line, parsed. */
export interface Arguments<F extends string = string> {
  has(flag: F): boolean;
  /** The value given last. */
  text(flag: F): string | undefined;
  /** Every value, in order. */
  list(flag: F): readonly string[];
  /** Every value of a flag with `bytes`; what is not UTF-8 comes as bytes. */
  bytes(flag: F): readonly Argument[];
  readonly operands: readonly Argument[];
}

/** Text, or bytes where it is not UTF-8. */
export type Argument = string | Uint8Array;

/** Flags of every command. */
export const COMMON_FLAGS = {
  help: { short: "h", describe: "show this help" },
} as const satisfies Record<string, Flag>;

export const JSON_FLAG = { describe: "print JSON only, errors too" } as const satisfies Flag;

/** Helpers for the values of flags. */
import { OptionError } from "../launch/errors.ts";
import { ValueError } from "../values/valueError.ts";
import type { Arguments } from "./command.ts";

/** Puts the flag's name before the message of a value that can't be right. */
export function flagValue<T>(flag: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof ValueError) throw new OptionError(`--${flag}`, `--${flag}: ${error.message}`);
    throw error;
  }
}

export function exclude<F extends string>(args: Arguments<F>, one: F, other: F): void {
  if (args.has(one) && args.has(other)) throw new OptionError(`--${one}`, `--${one} and --${other} contradict each other: use one of them`);
}

/** A bare number is seconds, as for timeout(1). */
export function secondsUnlessSaid(text: string): string {
  return /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? `${text}s` : text;
}

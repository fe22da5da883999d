/** Parses a command line by a command's table of flags. */
import { parseArgs } from "node:util";
import { OptionError } from "../launch/errors.ts";
import { nearest } from "../values/nearest.ts";
import { type Argument, type Arguments, COMMON_FLAGS, type Command, type Flag } from "./command.ts";

/**
 * The arguments after the command's name.
 *
 * @throws OptionError for an unknown flag, a missing or superfluous value, too many operands
 */
export function parse(command: Command, raw: readonly Argument[]): Arguments {
  const flags: Readonly<Record<string, Flag>> = { ...command.flags, ...COMMON_FLAGS };
  const found = new Map<string, Argument[]>();
  let operands: readonly Argument[] = [];
  for (const token of tokenize(flags, raw)) {
    if (token.kind === "option") {
      const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
      if (flag === undefined) throw unknownFlag(command, token.rawName, Object.keys(flags));
      const values = found.get(token.name) ?? [];
      found.set(token.name, [...values, tokenValue(token, flag, raw)]);
    } else if (command.operands === "program") {
      operands = raw.slice(token.kind === "positional" ? token.index : token.index + 1);
      break;
    } else if (token.kind === "positional") {
      operands = [...operands, raw[token.index] ?? token.value];
    }
  }
  if (command.operands !== "program" && operands.length > command.operands && !found.has("help")) {
    throw usage(command, `unexpected argument ${shown(operands[command.operands])}`);
  }
  return access(found, operands);
}

/** A mistake on the command line: one line that says where the flags are explained. */
export function usage(command: Command, problem: string): OptionError {
  const stop = problem.endsWith("?") ? " See" : "; see";
  return new OptionError(command.name, `${command.name}: ${problem}${stop} "daemonitor ${command.name} --help"`);
}

const EQUALS = 0x3d;

interface OptionToken {
  readonly index: number;
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function tokenize(flags: Readonly<Record<string, Flag>>, raw: readonly Argument[]) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      {
        type: flag.value === undefined ? ("boolean" as const) : ("string" as const),
        ...(flag.short === undefined ? {} : { short: flag.short }),
      },
    ]),
  );
  return parseArgs({ args: raw.map(decoded), options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function tokenValue({ index, rawName, value, inlineValue }: OptionToken, flag: Flag, raw: readonly Argument[]): Argument {
  if (flag.value === undefined) {
    if (value !== undefined) throw new OptionError(rawName, `${rawName} takes no value`);
    return "";
  }
  // A flag that follows is more likely a forgotten value than a value; a negative number is one.
  const forgotten = inlineValue !== true && value !== undefined && /^-[^\d]/.test(value);
  if (value === undefined || forgotten) {
    const hint = forgotten ? `; if ${JSON.stringify(value)} is meant, write ${rawName}=${value}` : "";
    throw new OptionError(rawName, `${rawName} needs a value: ${rawName} ${flag.value}${hint}`);
  }
  const given = raw[inlineValue === true ? index : index + 1];
  if (given === undefined || typeof given === "string") return value;
  if (flag.bytes === true && inlineValue !== true) return given;
  if (flag.bytes === true && rawName.startsWith("--")) return given.subarray(given.indexOf(EQUALS) + 1);
  throw new OptionError(rawName, `${rawName}: ${JSON.stringify(value)} is not valid UTF-8`);
}

function unknownFlag(command: Command, given: string, known: readonly string[]): OptionError {
  const missing = command.missing?.[given.replace(/^-+/, "")];
  if (missing !== undefined) return usage(command, `there is no ${given}: ${missing}`);
  const near = nearest(given.replace(/^-+/, ""), known);
  return usage(command, `unknown flag ${given}${near === undefined ? "" : `: did you mean --${near}?`}`);
}

function access(found: ReadonlyMap<string, readonly Argument[]>, operands: readonly Argument[]): Arguments {
  const list = (flag: string) => (found.get(flag) ?? []).map(decoded);
  return { has: (flag) => found.has(flag), text: (flag) => list(flag).at(-1), list, bytes: (flag) => found.get(flag) ?? [], operands };
}

function decoded(argument: Argument): string {
  return typeof argument === "string" ? argument : Buffer.from(argument).toString();
}

function shown(argument: Argument | undefined): string {
  return JSON.stringify(decoded(argument ?? ""));
}

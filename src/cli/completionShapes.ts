/** What is completed where: the tables of the commands, in the words of shells. */
import { constants } from "node:os";
import { COMMON_FLAGS, type Command, type Flag } from "./command.ts";

/** What src/cli/commands.ts lists. */
export type Listed = Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>>;

/** What a value or an operand can be; "none": nothing that could be listed. */
export type Kind = "files" | "directories" | "services" | "signals" | "programs" | "none" | readonly string[];

export interface FlagShape {
  readonly long: string;
  readonly short: string | undefined;
  readonly describe: string;
  /** Undefined for a switch. */
  readonly value: Kind | undefined;
}

export interface Shape {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagShape[];
  readonly operands: readonly Kind[];
}

/** "TERM" … */
export const SIGNAL_NAMES: readonly string[] = Object.keys(constants.signals).map((name) => name.slice(3));

/** Of every command, and of `help`, which isn't one. */
export async function shapesOf(commands: Listed): Promise<Shape[]> {
  const names = Object.keys(commands);
  const shapes = await Promise.all(names.map(async (name) => shapeOf(name, await commands[name]?.load(), commands[name]?.summary ?? "")));
  return [...shapes, { name: "help", summary: "show what a command does", flags: [], operands: [names] }];
}

function shapeOf(name: string, command: Command | undefined, summary: string): Shape {
  const flags: Readonly<Record<string, Flag>> = { ...command?.flags, ...COMMON_FLAGS };
  return {
    name,
    summary,
    flags: Object.entries(flags).map(([long, { short, value, describe }]) => ({
      ...{ long, short, describe },
      value: value === undefined ? undefined : kindOf(value),
    })),
    operands: name === "completion" ? [["bash", "zsh", "fish"]] : operandsOf(command?.usage ?? ""),
  };
}

/** By the placeholder of a flag's value: "FILE", "DIR" … */
function kindOf(placeholder: string): Kind {
  const [, word = ""] = /^\[?([A-Z]+)/.exec(placeholder) ?? [];
  switch (word) {
    case "FILE":
    case "PATH":
      return "files";
    case "DIR":
      return "directories";
    case "SIGNAL":
      return "signals";
    case "SERVICE":
    case "SELECTOR":
      return "services";
    default:
      return "none";
  }
}

/** By the words of the usage: "SELECTOR… [options]". */
function operandsOf(usage: string): Kind[] {
  const kinds: Kind[] = [];
  if (/(?<!FILE )\bSIGNAL\b/.test(usage)) kinds.push("signals");
  if (/\b(SELECTOR|SERVICE)\b/.test(usage)) kinds.push("services");
  // A script, a configuration, or a service that is there.
  if (/\bTARGET\b/.test(usage)) kinds.push("services", "files");
  if (/\bcommand\b/.test(usage)) kinds.push("programs");
  return kinds;
}

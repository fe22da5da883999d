/** The `daemonitor` command: finds out which command is meant, loads it alone and runs it. */
import { OptionError } from "../launch/errors.ts";
import { exitPromptly } from "../native/promptExit.ts";
import type { Argument, Command } from "./command.ts";
import { commands } from "./commands.ts";
import { print } from "./output.ts";
import { rawArguments } from "./rawArguments.ts";

exitPromptly();
main(process.argv.slice(2)).then((code) => process.exit(code));

async function main(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(rawArguments(argv));
  } catch (error) {
    const { report } = await import("./report.ts");
    return report(error, wantsJson(argv));
  }
}

async function dispatch([first, ...rest]: readonly Argument[]): Promise<number> {
  const word = first === undefined ? "--help" : String(first);
  switch (word) {
    case "-h":
    case "--help":
    case "help":
      return help(rest[0]);
    case "-V":
    case "--version":
    case "version":
      return version();
  }
  const command = await find(word);
  const { parse } = await import("./args.ts");
  const args = parse(command, rest);
  return args.has("help") ? help(word) : command.run(args);
}

async function find(word: string): Promise<Command> {
  const entry = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (entry !== undefined) return entry.load();
  const { nearest } = await import("../values/nearest.ts");
  const isFlag = word.startsWith("-");
  const near = nearest(word, isFlag ? ["--help", "--version"] : Object.keys(commands));
  const what = `unknown ${isFlag ? "flag" : "command"} ${isFlag ? word : JSON.stringify(word)}`;
  throw new OptionError(word, near === undefined ? `${what}; see "daemonitor --help"` : `${what}: did you mean ${near}?`);
}

async function help(about: Argument | undefined): Promise<number> {
  const { commandHelp, overview } = await import("./help.ts");
  const isCommand = about !== undefined && !String(about).startsWith("-");
  print(isCommand ? commandHelp(await find(String(about))) : overview());
  return 0;
}

async function version(): Promise<number> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  print(`daemonitor ${manifest.version}\n`);
  return 0;
}

/** Also when the command line could not be parsed. A program's own --json, after "--", is not ours. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}

/** `daemonitor completion`: scripts that complete command lines, made from the tables that these are parsed by. */
import { OptionError } from "../launch/errors.ts";
import { usage } from "./args.ts";
import type { Arguments, Command } from "./command.ts";
import { bashScript } from "./completionBash.ts";
import { fishScript } from "./completionFish.ts";
import { type Listed, type Shape, shapesOf } from "./completionShapes.ts";
import { zshScript } from "./completionZsh.ts";
import { print } from "./output.ts";

const SHELLS: Readonly<Record<string, (shapes: readonly Shape[]) => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/**
 * The command, for a list of all commands: it is handed in, since that list leads to this file.
 *
 * @example
 * load: async () => (await import("./completion.ts")).completionCommand(commands)
 */
export function completionCommand(commands: Listed): Command<never> {
  const command: Command<never> = {
    name: "completion",
    summary: "print a script that completes command lines, for bash, zsh or fish",
    usage: "bash | zsh | fish",
    flags: {},
    operands: 1,
    notes: ["Completes commands, flags, signals, files, and the services that there are at that moment."],
    examples: [
      { does: "bash, for this session", command: "source <(daemonitor completion bash)" },
      { does: "bash, for good", command: "daemonitor completion bash >~/.local/share/bash-completion/completions/daemonitor" },
      { does: "zsh, where a directory of your own is in fpath", command: "daemonitor completion zsh >~/.zfunc/_daemonitor" },
      { does: "fish", command: "daemonitor completion fish >~/.config/fish/completions/daemonitor.fish" },
    ],
    run: (args) => run(command, args, commands),
  };
  return command;
}

async function run(command: Command<never>, args: Arguments<never>, commands: Listed): Promise<number> {
  const [operand] = args.operands;
  if (operand === undefined) throw usage(command, "no shell is named: bash, zsh or fish");
  const shell = String(operand);
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined) throw new OptionError("completion", `completion: ${JSON.stringify(shell)} is none of bash, zsh and fish`);
  print(script(await shapesOf(commands)));
  return 0;
}

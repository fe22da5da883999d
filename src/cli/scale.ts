/** `daemonitor scale`: changes how many instances a service has. */
import { ACTION_FLAGS, perform, type Step } from "./act.ts";
import { usage } from "./args.ts";
import type { Arguments, Command } from "./command.ts";
import { connectTo } from "./connect.ts";
import { byOf, selectorsOf } from "./selectors.ts";

export const scaleCommand: Command<keyof typeof ACTION_FLAGS> = {
  name: "scale",
  summary: "change how many instances a service has",
  usage: "SERVICE N | SERVICE=N…",
  flags: ACTION_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    "The instances with the highest numbers go first. A later apply brings the number of the configuration back.",
    "Ends with 0 when it is done, 1 when an instance failed, 69 when there is no such service, 75 when --timeout was over first.",
  ],
  examples: [
    { does: "three instances of one service", command: "daemonitor scale web 3" },
    { does: "of several", command: "daemonitor scale web=4 worker=2" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof ACTION_FLAGS>): Promise<number> {
  const words = await selectorsOf(scaleCommand, args, () => connectTo("after crash"));
  const steps = scaleSteps(words);
  return perform(await connectTo("after crash"), args, "scale", byOf(scaleCommand, words), steps);
}

/**
 * What the operands mean: "web 3", "web api 3" or "web=3 api=2". Pure.
 *
 * @throws OptionError
 */
export function scaleSteps(words: readonly string[]): readonly Step[] {
  if (words.every((word) => /=[^=]*$/.test(word))) {
    return words.map((word) => {
      const equals = word.lastIndexOf("=");
      return step(word.slice(0, equals), word.slice(equals + 1));
    });
  }
  const number = words.at(-1) ?? "";
  const selectors = words.slice(0, -1);
  if (selectors.length === 0) throw usage(scaleCommand, `how many instances? "daemonitor scale ${number} 3"`);
  return selectors.map((selector) => step(selector, number));
}

function step(selector: string, number: string): Step {
  if (selector === "") throw usage(scaleCommand, `"=${number}" names no service`);
  if (!/^\d+$/.test(number)) throw usage(scaleCommand, `${JSON.stringify(number)} is not a number of instances`);
  return { selector, action: "scale", instances: Number(number) };
}

/** `daemonitor signal SIGNAL SELECTOR…`. */
import type { InstanceOutcome } from "../supervisor/control.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { harmless } from "../values/textWidth.ts";
import { ValueError } from "../values/valueError.ts";
import { usage } from "./args.ts";
import type { Arguments, Command } from "./command.ts";
import { connectTo } from "./connect.ts";
import { exclude, flagValue } from "./flagValues.ts";
import { exitCodeOf, hint } from "./outcomes.ts";
import { print, printError, printJson } from "./output.ts";
import { byOf, disjoint, nothingNamed, selectorsOf } from "./selectors.ts";

/** Returns the exit code. */
export async function signalServices(command: Command, args: Arguments<"signal" | "all" | "quiet" | "json">): Promise<number> {
  exclude(args, "quiet", "json");
  const words = await selectorsOf(command, args, () => connectTo("after crash"));
  const { signal, selectors } = signalAndSelectors(command, words, args.text("signal"));
  const client = await connectTo("after crash");
  if (selectors.length === 0) throw usage(command, nothingNamed((await client.list()).map(({ name }) => name)));
  const apart = selectors.length === 1 ? selectors : disjoint(selectors, await client.list());
  const by = byOf(command, [signal, ...selectors]);
  const to = args.has("all") ? "all" : "main";
  const results = await Promise.all(apart.map((selector) => client.act({ action: "signal", selector, signalName: signal, to, by })));
  const outcomes = results.flatMap(({ instances }) => instances);
  if (args.has("json")) printJson({ signal, instances: outcomes });
  else tell(signal, outcomes, args.has("quiet"));
  return exitCodeOf(outcomes);
}

/**
 * "HUP web api", or "web api HUP" where the first word is no signal. Pure.
 *
 * @throws OptionError
 */
export function signalAndSelectors(
  command: Command,
  words: readonly string[],
  flag: string | undefined,
): { readonly signal: string; readonly selectors: readonly string[] } {
  if (flag !== undefined) return { signal: signalName(flagValue("signal", () => parseSignal(flag))), selectors: words };
  const [first = "", ...rest] = words;
  const leading = signalIn(first);
  if (leading !== undefined) return { signal: leading, selectors: rest };
  const trailing = words.length > 1 ? signalIn(words.at(-1) ?? "") : undefined;
  if (trailing !== undefined) return { signal: trailing, selectors: words.slice(0, -1) };
  if (words.length === 1) throw usage(command, `no signal is named: "daemonitor signal HUP ${first}"`);
  return { signal: signalName(flagValue("signal", () => parseSignal(first))), selectors: rest };
}

function signalIn(word: string): string | undefined {
  try {
    return signalName(parseSignal(word));
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

function tell(signal: string, outcomes: readonly InstanceOutcome[], quiet: boolean): void {
  for (const { name, outcome, why, pid } of outcomes) {
    if (outcome === "failed" || outcome === "refused") printError(`${harmless(name)}: ${signal} was not sent: ${harmless(why)}\n`);
    else if (!quiet) print(`sent ${signal} to ${harmless(name)}${pid === null ? "" : ` (pid ${pid})`}\n`);
  }
  const next = hint(outcomes);
  if (next !== undefined) printError(`${next}\n`);
}

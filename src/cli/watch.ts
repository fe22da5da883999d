/** `daemonitor status --watch`: the table again and again, on a screen of its own where there is a terminal. */
import { isatty } from "node:tty";
import { EXIT } from "../launch/errors.ts";
import { formatDuration, parseDuration } from "../values/duration.ts";
import { cut } from "../values/textWidth.ts";
import { usage } from "./args.ts";
import type { Command } from "./command.ts";
import { flagValue, secondsUnlessSaid } from "./flagValues.ts";
import { EXIT_NOT_RUNNING, firstLook, look } from "./look.ts";
import { paintFor } from "./paint.ts";
import { printOn } from "./printOn.ts";
import { openScreen } from "./screen.ts";
import { statusLines } from "./statusTable.ts";
import { terminalSize } from "./terminal.ts";

const USUAL_INTERVAL = 2000;
const SHORTEST = 100;

/** Returns the exit code, once somebody ends it. */
export async function watchStatus(command: Command, words: readonly string[], json: boolean): Promise<number> {
  const { interval, selectors } = intervalAndSelectors(words);
  if (interval < SHORTEST) throw usage(command, `--watch needs an interval of ${formatDuration(SHORTEST)} or more`);
  // Before the screen is taken, so that a mistake is told on the usual one.
  const seen = await firstLook(selectors, json);
  if (seen === undefined) return EXIT_NOT_RUNNING;
  const { client } = seen;
  const lines = async (width: number | undefined) =>
    statusLines({ ...(await look(client, selectors)), now: Date.now(), paint: paintFor(1), width });
  if (json || !isatty(1)) {
    const text = async () => (json ? `${JSON.stringify(await look(client, selectors))}\n` : `${(await lines(undefined)).join("\n")}\n\n`);
    while (printOn(await text())) await pause(interval);
    return EXIT.ok;
  }
  const screen = openScreen();
  const ended = new Promise<undefined>((resolve) => screen.ended.addEventListener("abort", () => resolve(undefined)));
  try {
    for (;;) {
      const size = terminalSize(1) ?? { columns: 80, rows: 24 };
      // A key ends it also while the supervisor is being started again.
      const shown = await Promise.race([lines(size.columns), ended]);
      if (shown === undefined || screen.ended.aborted) break;
      screen.draw(fitted(shown, size.rows - 1, size.columns), `every ${formatDuration(interval)}; q ends`);
      await pause(interval, screen.changed());
    }
  } finally {
    screen.close();
  }
  return screen.exitCode() ?? EXIT.ok;
}

/**
 * The first word that is a time is the interval, in milliseconds; the others are selectors. Pure.
 *
 * @example
 * intervalAndSelectors(["web", "1s"]); // { interval: 1000, selectors: ["web"] }
 */
export function intervalAndSelectors(words: readonly string[]): { readonly interval: number; readonly selectors: readonly string[] } {
  const at = words.findIndex((word) => /^(?:\d+\.?\d*|\.\d+)(?:ms|s|sec|m|min|h)?$/.test(word));
  const word = words[at];
  if (word === undefined) return { interval: USUAL_INTERVAL, selectors: words };
  return {
    interval: flagValue("watch", () => parseDuration(secondsUnlessSaid(word))),
    selectors: words.filter((_, index) => index !== at),
  };
}

/** What fits on the screen: the table from its top, the summary always. Lines with colours are cut to fit already. */
function fitted(lines: readonly string[], rows: number, columns: number): readonly string[] {
  const blank = lines.lastIndexOf("");
  const summary = lines.slice(blank + 1);
  const room = Math.max(1, rows - summary.length - 1);
  const above = blank < 0 ? [] : lines.slice(0, blank);
  const shown = above.length <= room ? above : [...above.slice(0, room - 1), cut(`… and ${above.length - room + 1} more`, columns)];
  return [...shown, ...(blank < 0 ? [] : [""]), ...summary].slice(0, rows);
}

/** Over sooner where `changed` resolves. */
function pause(ms: number, changed?: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    changed?.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A screen of our own on the terminal, which is as it was when we leave it, also where we are killed by a signal that can be caught. */
import { constants } from "node:os";
import { print } from "./output.ts";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_TO_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const CTRL_C = "\u0003";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

export interface Screen {
  /** Puts these lines on it, with a footer on the last row. */
  draw(lines: readonly string[], footer: string): void;
  /** Aborted by q, Ctrl-C, or a signal. */
  readonly ended: AbortSignal;
  /** Resolves when there is a reason to draw now, or to end: a key, a signal, another size. */
  changed(): Promise<void>;
  /** As shells have it, where a signal ended it. A key is no failure. */
  exitCode(): number | undefined;
  close(): void;
}

/** Takes the terminal of standard output, and the keys of standard input where that is one as well. */
export function openScreen(): Screen {
  const ending = new AbortController();
  const { stdin, stdout } = process;
  let code: number | undefined;
  let wake = () => {};
  const onKey = (keys: Buffer) => {
    if (/[qQ]/.test(keys.toString()) || keys.includes(CTRL_C)) ending.abort();
    wake();
  };
  const onResize = () => wake();
  const onSignal = SIGNALS.map((name) => {
    const listener = () => {
      code ??= 128 + constants.signals[name];
      ending.abort();
      wake();
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  const hasKeys = stdin.isTTY === true;
  if (hasKeys) stdin.setRawMode(true).on("data", onKey);
  stdout.on("resize", onResize);
  print(ENTER);
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      print(LEAVE);
      if (hasKeys) stdin.setRawMode(false).off("data", onKey).pause();
    } catch {
      // The terminal was closed: nothing is left to restore.
    }
    stdout.off("resize", onResize);
    for (const remove of onSignal) remove();
  };
  // Whatever ends the program: an error elsewhere must not leave the terminal without echo.
  process.once("exit", close);
  return {
    draw(lines, footer) {
      const rows = stdout.rows > 0 ? stdout.rows : 24;
      const text = lines.map((line) => `${line}${CLEAR_TO_LINE_END}`).join("\r\n");
      print(`${HOME}${text}\r\n${CLEAR_BELOW}\u001b[${rows};1H${footer}`);
    },
    ended: ending.signal,
    changed: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (ending.signal.aborted) resolve();
      }),
    exitCode: () => code,
    close,
  };
}

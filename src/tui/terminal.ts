/** The terminal: a screen of our own and every key, and all as it was when we leave it, also by a signal or a failure. */
import { constants } from "node:os";
import { decodeKeys, type Key } from "./keys.ts";
import type { Size } from "./line.ts";

/** Alternate screen, no cursor, no wrapping at the right edge, pasted text in brackets. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h";
const LEAVE = "\u001b[0m\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** The bytes of one key come at once, but for a slow line. */
const ESCAPE_WAITS = 60;

export interface TerminalListener {
  onKey(key: Key): void;
  onResize(size: Size): void;
  /** A signal, or the terminal was closed. The code is as shells have it: 143 for SIGTERM. */
  onEnd(exitCode: number): void;
  /** The screen is empty: everything has to be drawn. */
  onRedraw(): void;
}

export interface Terminal {
  size(): Size;
  write(text: string): void;
  /** Stops this process, as Ctrl-Z does, with the terminal as it was. */
  suspend(): void;
  /** Gives the terminal back. May be called again. */
  close(): void;
}

/** Takes the terminal of standard input and output; both have to be one. */
export function openTerminal(listener: TerminalListener): Terminal {
  const { stdin, stdout } = process;
  let isOpen = false;
  let rest = "";
  let waiting: NodeJS.Timeout | undefined;

  const write = (text: string) => void stdout.write(text);
  const enter = () => {
    isOpen = true;
    stdin.setRawMode(true);
    write(ENTER);
  };
  const leave = () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      write(LEAVE);
      stdin.setRawMode(false);
    } catch {
      // The terminal was closed: nothing is left to restore.
    }
  };
  const take = (text: string, final: boolean) => {
    const decoded = decodeKeys(rest + text, final);
    rest = decoded.rest;
    clearTimeout(waiting);
    if (rest !== "") waiting = setTimeout(() => take("", true), ESCAPE_WAITS);
    for (const key of decoded.keys) listener.onKey(key);
  };
  const resume = () => {
    // Whoever had the terminal meanwhile may have left it otherwise.
    if (isOpen) stdin.setRawMode(false);
    enter();
    listener.onResize(sizeOf());
    listener.onRedraw();
  };
  const suspend = () => {
    leave();
    process.off("SIGTSTP", suspend);
    // Comes back once it is continued; or at once, where there is no shell that could continue it.
    process.kill(process.pid, "SIGTSTP");
    process.on("SIGTSTP", suspend);
    setImmediate(resume);
  };
  const onContinue = () => {
    if (isOpen) resume();
  };
  const onText = (text: string) => take(text, false);
  const onResize = () => listener.onResize(sizeOf());
  const onClosed = () => listener.onEnd(128 + constants.signals.SIGHUP);
  const signals = ENDING.map((name) => [name, () => listener.onEnd(128 + constants.signals[name])] as const);

  stdin.setEncoding("utf8").on("data", onText).on("end", onClosed).on("error", onClosed);
  stdout.on("resize", onResize).on("error", onClosed);
  for (const [name, end] of signals) process.on(name, end);
  process.on("SIGTSTP", suspend).on("SIGCONT", onContinue);
  // Whatever ends the program, its last words must not go to a screen that is about to vanish.
  process.once("exit", leave).on("uncaughtExceptionMonitor", leave);
  enter();
  return {
    size: sizeOf,
    write,
    suspend,
    close() {
      leave();
      clearTimeout(waiting);
      stdin.off("data", onText).off("end", onClosed).pause();
      stdout.off("resize", onResize);
      for (const [name, end] of signals) process.off(name, end);
      process.off("SIGTSTP", suspend).off("SIGCONT", onContinue).off("exit", leave).off("uncaughtExceptionMonitor", leave);
    },
  };
}

/** Some terminals say that they have no size. */
function sizeOf(): Size {
  const { columns, rows } = process.stdout;
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

/** The view on a real terminal, as somebody sees it who sits there. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Size } from "../../src/tui/line.ts";
import type { Tracked } from "../support/cleanup.ts";
import { onTerminal } from "../support/pty.ts";
import { quote } from "../support/startedUnder.ts";
import { until } from "../support/wait.ts";
import { Emulator } from "./emulator.ts";

const PATIENCE = { timeout: 60_000 };

export interface Session {
  readonly pid: number;
  press(keys: string): void;
  lines(): readonly string[];
  /** Waits until the whole screen matches. */
  shows(pattern: RegExp): Promise<void>;
  resize(size: Size): void;
  /** Waits until it has ended. */
  ended(): Promise<Ended>;
  /** Closes the terminal under it. */
  hangUp(): Promise<void>;
  readonly colours: ReadonlySet<string>;
  /** What it wrote, as it was written. */
  output(): string;
}

export interface Ended {
  readonly code: number;
  /** Of stty(1), before and after it. */
  readonly before: string;
  readonly after: string;
  /** Of the terminal: alternate screen, cursor, wrapping, brackets around pasted text. */
  readonly modes: ReadonlyMap<string, boolean>;
  /** What it wrote once it had left the screen. */
  readonly said: string;
}

export interface SessionOptions {
  readonly tracked: Tracked;
  readonly dir: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly size?: Size;
}

let sessions = 0;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is written to terminals
const UNFINISHED = /\u001b[^A-Za-z]*$/;
const LEFT = "\u001b[?1049l";

export async function openSession({ tracked, dir, argv, env, size = { columns: 80, rows: 24 } }: SessionOptions): Promise<Session> {
  sessions += 1;
  const file = (name: string) => join(dir, `${name}-${sessions}`);
  const run = `echo $$ >${quote(file("pid"))}; exec ${argv.map(quote).join(" ")}`;
  const script = [
    `stty rows ${size.rows} cols ${size.columns}`,
    `stty -g >${quote(file("before"))}`,
    // The shell must outlive a signal to the whole foreground.
    `trap : INT TERM HUP QUIT`,
    `sh -c ${quote(run)}`,
    `code=$?; stty -g >${quote(file("after"))}; echo $code >${quote(file("code"))}`,
  ].join("\n");
  const terminal = onTerminal(["/bin/sh", "-c", script], {
    env: { TERM: "xterm-256color", LANG: "C.UTF-8", LC_ALL: undefined, NO_COLOR: undefined, ...env },
  });
  tracked.defer(() => terminal.close());
  const written = (name: string) =>
    until(name, () => (existsSync(file(name)) && readFileSync(file(name), "utf8").trim()) || null, PATIENCE);
  await until("the program to start", () => existsSync(file("pid")) && readFileSync(file("pid"), "utf8").endsWith("\n"), PATIENCE);
  const pid = tracked.kill(Number(await written("pid")));
  let largest = size;
  let emulator = new Emulator(size);
  let from = 0;
  const catchUp = () => {
    const text = terminal.output();
    const end = text.indexOf(LEFT);
    // What follows its end is not of the view, and a sequence may be cut off.
    const whole = end < 0 ? text.replace(UNFINISHED, "") : text.slice(0, end + LEFT.length);
    if (whole.length > from) emulator.write(whole.slice(from));
    from = Math.max(from, whole.length);
    return emulator;
  };
  return {
    pid,
    press: (keys) => terminal.write(keys),
    lines: () => catchUp().lines(),
    shows: async (pattern) => {
      try {
        await until(String(pattern), () => pattern.test(catchUp().lines().join("\n")), PATIENCE);
      } catch (error) {
        throw new Error(`${pattern} is not on the screen:\n${catchUp().lines().join("\n")}`, { cause: error });
      }
    },
    resize(next) {
      catchUp();
      // stty(1) changes rows and columns one after the other, and something is still to come for the old size.
      largest = { columns: Math.max(next.columns, largest.columns), rows: Math.max(next.rows, largest.rows) };
      emulator = new Emulator(largest);
      execFileSync("stty", ["-F", readlinkSync(`/proc/${pid}/fd/0`), "rows", String(next.rows), "cols", String(next.columns)]);
    },
    async ended() {
      const code = Number(await written("code"));
      const [before, after] = [await written("before"), await written("after")];
      // What it wrote last may be on its way; where it never left the screen, that is for the test to see.
      await until("the last bytes", () => terminal.output().includes(LEFT), { timeout: 5000 }).catch(() => {});
      const text = terminal.output();
      return { code, before, after, modes: catchUp().modes, said: text.slice(text.indexOf(LEFT) + LEFT.length) };
    },
    get colours() {
      return catchUp().colours;
    },
    hangUp: () => terminal.close(),
    output: () => terminal.output(),
  };
}

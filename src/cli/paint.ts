/** Colours for states, where a person looks on. */
import type { State } from "../supervisor/states.ts";
import { styleFor } from "./style.ts";

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly state: (state: State) => (text: string) => string;
}

const CODES: Readonly<Record<State, number>> = {
  stopped: 2,
  waiting: 36,
  starting: 33,
  running: 32,
  reloading: 33,
  stopping: 33,
  backoff: 33,
  completed: 32,
  failed: 31,
};

/** As {@link styleFor}: no colours with NO_COLOR, on a dumb terminal, or where the descriptor is no terminal. */
export function paintFor(fd: 1 | 2): Paint {
  const coloured = styleFor(fd).bold("x") !== "x";
  const paint = (code: number) => (text: string) => (coloured && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), state: (state) => paint(CODES[state]) };
}

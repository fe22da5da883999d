/** Waits for a supervisor that is just being started, or can't begin: then the commands say why. */

import type { Home } from "../supervisor/state/home.ts";
import { monotonicMs } from "../values/clock.ts";
import { errorOfLost, isNobody } from "./clientError.ts";
import { exchange, LostAnswer } from "./exchange.ts";
import { pauseFor } from "./pause.ts";
import { readTrouble, type Trouble } from "./trouble.ts";

/** Milliseconds between two looks. */
const LOOK = 20;
/** Milliseconds in which init has tried again: 5 s at the most, and a start. */
const NEXT_ATTEMPT = 8000;
const PATIENCE = 30_000;

/**
 * Resolves when it answers.
 *
 * @param before what was left before: by an earlier supervisor where one is started just now (`isNew`), or by the one that
 * init goes on trying
 * @throws DaemonError why it can't begin, as soon as it says so; ERR_NO_ANSWER where it says nothing for 30 s
 */
export async function untilBegun(home: Home, before: Trouble | undefined, { isNew }: { readonly isNew: boolean }): Promise<void> {
  const deadline = monotonicMs() + (isNew ? PATIENCE : NEXT_ATTEMPT);
  const waiting = new AbortController();
  const state: { answer?: "there" | "nobody" } = {};
  const asked = askUntilAnswered(home, waiting.signal).then((answer) => {
    state.answer = answer;
  });
  try {
    while (state.answer !== "there") {
      // It leaves its reason before it ends.
      const isGone = state.answer === "nobody";
      const trouble = readTrouble(home);
      if (trouble !== undefined && trouble.text !== before?.text) throw trouble.error;
      if (isGone) throw errorOfLost({ is: "unconnected", errno: "ECONNREFUSED" }, home.socket, PATIENCE);
      if (monotonicMs() >= deadline) {
        throw isNew || before === undefined
          ? errorOfLost({ is: "silent", taken: false, answered: false }, home.socket, PATIENCE)
          : before.error;
      }
      await Promise.race([asked, pauseFor(LOOK, waiting.signal)]);
    }
  } finally {
    waiting.abort();
  }
}

async function askUntilAnswered({ socket }: Home, signal: AbortSignal): Promise<"there" | "nobody"> {
  for (;;) {
    try {
      await exchange({ socket, request: { method: "GET", path: "/v1" }, silence: PATIENCE, signal });
      return "there";
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      if (signal.aborted || isNobody(error.lost)) return "nobody";
    }
    await pauseFor(LOOK, signal);
  }
}

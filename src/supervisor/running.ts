/** It is ready and serves. */
import { formatDuration } from "../values/duration.ts";
import { describeExit } from "../values/exitStatus.ts";
import { endFor, settle } from "./ending.ts";
import type { EventOf } from "./events.ts";
import { isSuccess } from "./exit.ts";
import { decay } from "./restartPolicy.ts";
import { lastExitOf, whoseExit, withMain } from "./slots.ts";
import { enter, type Handler, setTimer, type Turn } from "./turn.ts";

/** From here on it is calm: failures are forgiven with time. */
export function becomeRunning(turn: Turn, reason: string): void {
  const { draft, now } = turn;
  if (draft.process !== null) draft.process = { ...draft.process, readyAt: now.at };
  draft.record = { ...draft.record, temporary: 0, calmSince: now.at };
  draft.probeFailures = 0;
  enter(turn, "running", reason);
  watch(turn);
  forgiveLater(turn);
}

export function watch(turn: Turn): void {
  if (turn.spec.watchdog !== null) setTimer(turn, "watchdogMissed", turn.spec.watchdog);
}

export const stableReached: Handler<EventOf<"stableReached">> = (turn) => {
  turn.draft.record = decay(turn.spec.restart, turn.draft.record, turn.now.at);
  forgiveLater(turn);
};

/** Only noted: the timer that is set finds out when it fires, so a ping costs no action. */
export const watchdogPing: Handler<EventOf<"watchdogPing">> = ({ draft, spec, now }) => {
  if (spec.watchdog === null || draft.timers.watchdogMissed === undefined) return;
  draft.timers = { ...draft.timers, watchdogMissed: { at: now.at + spec.watchdog, after: spec.watchdog } };
};

/** SIGABRT, as systemd does: it leaves a core to look at. */
export const watchdogMissed: Handler<EventOf<"watchdogMissed" | "watchdogTriggered">> = (turn, { type }) => {
  const silence = `no sign of life for ${formatDuration(turn.spec.watchdog ?? 0)} (watchdog)`;
  endFor(turn, type === "watchdogMissed" ? silence : "it asked for its watchdog itself", { signal: "SIGABRT" });
};

export const probePassed: Handler<EventOf<"probePassed">> = ({ draft }) => {
  draft.probeFailures = 0;
};

export const probeFailed: Handler<EventOf<"probeFailed">> = (turn, { why }) => {
  const { draft, spec } = turn;
  draft.probeFailures += 1;
  if (spec.health === null || draft.probeFailures < spec.health.failures) return;
  endFor(turn, `unhealthy: ${why} (${draft.probeFailures} in a row)`);
};

export const unhealthy: Handler<EventOf<"unhealthy">> = (turn, { why }) => endFor(turn, `unhealthy: ${why}`);

export const exitedRunning: Handler<EventOf<"exited">> = (turn, exit) => {
  const { draft, now } = turn;
  if (whoseExit(draft, exit) !== "process" || draft.process === null) return;
  const readyAt = draft.process.readyAt;
  draft.process = null;
  draft.lastExit = lastExitOf(exit, now.wall);
  const uptime = readyAt === null ? null : Math.max(0, now.at - readyAt);
  settle(turn, { what: describeExit(exit.status), success: isSuccess(exit.status), temporary: false, uptime }, exit.remains);
};

/** MAINPID=, or the daemon of a forking service. */
export const mainChanged: Handler<EventOf<"mainProcess">> = ({ draft }, { attempt, identity }) => {
  if (draft.process?.attempt === attempt) draft.process = withMain(draft.process, identity);
  else if (draft.other?.attempt === attempt) draft.other = withMain(draft.other, identity);
};

function forgiveLater(turn: Turn): void {
  if (turn.draft.record.failures > 0) setTimer(turn, "stableReached", turn.spec.restart.stable);
}

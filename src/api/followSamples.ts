/** The samples of a supervisor's monitor, over as many connections as it takes. */
import type { MonitorSample } from "../monitor/sample.ts";
import { errorOfLost } from "./clientError.ts";
import { connectEvents } from "./eventConnection.ts";
import { LostAnswer } from "./exchange.ts";
import { pauseFor } from "./pause.ts";

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

export interface FollowSamplesOptions {
  readonly socket: string;
  /** Milliseconds to wait for a supervisor that is being started again. */
  readonly timeout: number;
  /** Seconds. */
  readonly interval: number;
  readonly signal: AbortSignal;
}

/** @throws DaemonError */
export async function* followSamples({
  socket,
  timeout,
  interval,
  signal,
}: FollowSamplesOptions): AsyncGenerator<MonitorSample, void, undefined> {
  let until = Date.now() + timeout;
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    try {
      for await (const { data } of connectEvents(socket, `/v1/monitor/stream?interval=${interval}`, signal)) {
        until = Date.now() + timeout;
        pause = FIRST_PAUSE;
        if (data !== undefined) yield JSON.parse(data) as MonitorSample;
      }
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      const { lost } = error;
      if (signal.aborted) return;
      const transient = lost.is === "cut" || lost.is === "silent" || (lost.is === "unconnected" && lost.errno === "EAGAIN");
      if (!transient || Date.now() + pause >= until) throw errorOfLost(lost, socket, timeout);
    }
    await pauseFor(pause, signal);
  }
}

/** The events of a supervisor, over as many connections as it takes: without a gap, without a repeat. */
import type { SupervisorEvent } from "../supervisor/control.ts";
import { errorOfLost, isNobody } from "./clientError.ts";
import { connectEvents } from "./eventConnection.ts";
import { LostAnswer } from "./exchange.ts";
import { pauseFor } from "./pause.ts";

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

export interface FollowOptions {
  readonly socket: string;
  /** Milliseconds to wait for a supervisor that is being started again. */
  readonly timeout: number;
  readonly after: number | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** @throws DaemonError */
export async function* followEvents(options: FollowOptions): AsyncGenerator<SupervisorEvent, void, undefined> {
  const { socket, timeout, follow, signal } = options;
  let last = options.after ?? (follow ? undefined : 0);
  let stopping = false;
  let until = Date.now() + timeout;
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    try {
      for await (const { id, data, event } of connectEvents(socket, pathOf(last, follow), signal)) {
        last = id === undefined ? last : Number(id);
        until = Date.now() + timeout;
        pause = FIRST_PAUSE;
        if (data === undefined || event === "overflow") continue;
        const content = JSON.parse(data) as SupervisorEvent;
        stopping = content.type === "supervisor" && content.what === "stopping";
        yield content;
      }
      if (!follow) return;
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      const { lost } = error;
      if (signal.aborted || (stopping && isNobody(lost))) return;
      const transient = lost.is === "cut" || lost.is === "silent" || (lost.is === "unconnected" && lost.errno === "EAGAIN");
      if (!transient || Date.now() + pause >= until) throw errorOfLost(lost, socket, timeout);
    }
    await pauseFor(pause, signal);
  }
}

function pathOf(after: number | undefined, follow: boolean): string {
  const query = [after === undefined ? "" : `after=${after}`, follow ? "" : "follow=0"].filter((part) => part !== "");
  return query.length === 0 ? "/v1/events" : `/v1/events?${query.join("&")}`;
}

/** Sends a request again when its answer was lost because the supervisor is being started again. */
import { errorOfLost, isNobody, uncertain } from "./clientError.ts";
import { type Answer, type ExchangeOptions, exchange, type Lost, LostAnswer } from "./exchange.ts";
import { pauseFor } from "./pause.ts";

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

export interface Persistence {
  /** Milliseconds since the connection was lost, or never made. */
  readonly timeout: number;
  /** What nobody would know of a request that must not be done twice: "the signal was sent". Undefined: it may be done twice. */
  readonly once?: string;
  /** Starts a supervisor where nobody listens, also in the middle: it and init may be killed at any moment. */
  readonly revive?: (() => Promise<void>) | undefined;
  /** What an answer means to a request that was taken before, and may have been done then. */
  readonly again?: (answer: Answer) => Answer;
  /** The answer where the supervisor ended while it worked on the request: nobody listens any more. */
  readonly whenGone?: () => Answer;
}

/** @throws DaemonError */
export async function persist(
  options: Omit<ExchangeOptions, "silence">,
  { timeout, once, whenGone, revive, again }: Persistence,
): Promise<Answer> {
  let until = Date.now() + timeout;
  let taken = false;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const begun = Date.now();
    try {
      const answer = await exchange({ ...options, silence: Math.max(1, until - begun) });
      if (answer.status !== 503 || !answer.body.includes('"ERR_BUSY"') || Date.now() + pause >= until) {
        return taken && again !== undefined ? again(answer) : answer;
      }
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      const { lost } = error;
      taken ||= "taken" in lost && lost.taken;
      if (taken && whenGone !== undefined && isNobody(lost)) return whenGone();
      const isRevived = revive !== undefined && isNobody(lost);
      if (!isTransient(lost) && !isRevived) throw errorOfLost(lost, options.socket, timeout);
      if (taken && once !== undefined) throw uncertain(once);
      if (isRevived) await revive();
      // One that was connected for long was lost just now: the time to wait begins anew.
      if (Date.now() - begun > timeout) until = Date.now() + timeout;
      if (Date.now() + pause >= until) throw errorOfLost(lost, options.socket, timeout);
    }
    await pauseFor(pause, options.signal);
  }
}

/** Whether a moment later the supervisor may be there again. */
function isTransient(lost: Lost): boolean {
  return (
    lost.is === "cut" || (lost.is === "unconnected" && (lost.errno === "EAGAIN" || lost.errno === "ECONNRESET" || lost.errno === "EPIPE"))
  );
}

/** The server-sent events of one connection. */
import { errorOfAnswer } from "./clientError.ts";
import { EventStreamParser, type ServerSentEvent } from "./eventStreamParser.ts";
import { converse } from "./exchange.ts";
import { MalformedResponse } from "./responseParser.ts";

/** The server says something each 15 s. */
const SILENCE = 45_000;
/** Events that nobody took yet, at which no more are read until they are taken. */
const MOST_WAITING = 4096;

/**
 * Ends when the server ends it.
 *
 * @throws LostAnswer where the connection is lost, DaemonError for an answer that is an error
 */
export async function* connectEvents(socket: string, path: string, signal: AbortSignal): AsyncGenerator<ServerSentEvent, void, undefined> {
  const ending = new AbortController();
  const parser = new EventStreamParser();
  const refusal: Buffer[] = [];
  let waiting: ServerSentEvent[] = [];
  let wake = () => {};
  let goOn = () => {};
  const take = (bytes: Buffer, status: number): Promise<void> | undefined => {
    if (status !== 200) refusal.push(bytes);
    else waiting.push(...feed(parser, bytes));
    wake();
    if (waiting.length <= MOST_WAITING) return undefined;
    return new Promise((resolve) => {
      goOn = resolve;
    });
  };
  const request = { method: "GET", path, headers: { Accept: "text/event-stream" } } as const;
  const options = { socket, request, silence: SILENCE, signal: AbortSignal.any([signal, ending.signal]) };
  let end: { readonly error: unknown } | { readonly error?: never } | undefined;
  converse(options, (bytes, { status }) => take(bytes, status)).then(
    (head) => {
      end = head.status === 200 ? {} : { error: errorOfAnswer({ ...head, body: Buffer.concat(refusal).toString("utf8") }) };
      wake();
    },
    (error: unknown) => {
      end = { error };
      wake();
    },
  );
  try {
    for (;;) {
      const taken = waiting;
      waiting = [];
      yield* taken;
      goOn();
      if (waiting.length > 0) continue;
      if (end !== undefined) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    ending.abort();
  }
  if (end.error !== undefined) throw end.error;
}

function feed(parser: EventStreamParser, bytes: Buffer): ServerSentEvent[] {
  try {
    return parser.feed(bytes);
  } catch (error) {
    throw new MalformedResponse(error instanceof Error ? error.message : String(error));
  }
}

/** One request and its answer over a connection of its own. */
import { connect, type Socket } from "node:net";
import { MalformedResponse, ResponseParser } from "./responseParser.ts";

/** Larger answers than any that a supervisor has reason to give. */
const LONGEST_BODY = 256 * 1024 * 1024;

export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeOptions {
  readonly socket: string;
  readonly request: WireRequest;
  /** Milliseconds without a byte after which it is given up, but not while the supervisor works on what it has taken. */
  readonly silence: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Why there is no complete answer. */
export type Lost =
  /** `errno` is its name. */
  | { readonly is: "unconnected"; readonly errno: string }
  /** `taken`: the supervisor said that it works on it. */
  | { readonly is: "cut"; readonly taken: boolean; readonly answered: boolean }
  | { readonly is: "silent"; readonly taken: boolean; readonly answered: boolean }
  | { readonly is: "malformed"; readonly what: string }
  | { readonly is: "aborted" };

export class LostAnswer extends Error {
  readonly lost: Lost;

  constructor(lost: Lost) {
    super(lost.is);
    this.lost = lost;
  }
}

/** @throws LostAnswer */
export async function exchange(options: ExchangeOptions): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const head = await converse(options, (bytes) => {
    chunks.push(bytes);
    length += bytes.length;
    if (length > LONGEST_BODY) throw new MalformedResponse("its body is too long");
    return undefined;
  });
  return { ...head, body: Buffer.concat(chunks).toString("utf8") };
}

/**
 * Resolves when the answer is complete; its body goes to `onData` as it comes. While a promise of it is pending, no more is read.
 *
 * @throws LostAnswer, and what `onData` throws
 */
export function converse(
  { socket: path, request, silence, signal }: ExchangeOptions,
  onData: (bytes: Buffer, head: Omit<Answer, "body">) => Promise<void> | undefined,
): Promise<Omit<Answer, "body">> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new LostAnswer({ is: "aborted" }));
    const parser = new ResponseParser();
    let head: Omit<Answer, "body"> = { status: 0, headers: new Map() };
    let connected = false;
    let taken = false;
    const socket = connect(path);
    const finish = (settle: () => void) => {
      signal?.removeEventListener("abort", abort);
      socket.setTimeout(0);
      socket.destroy();
      settle();
    };
    const lose = (lost: Lost) => finish(() => reject(new LostAnswer(lost)));
    const abort = () => lose({ is: "aborted" });
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(silence, () => lose(connected ? { is: "silent", taken, answered: head.status > 0 } : notConnected("ETIMEDOUT")));
    // EPIPE of a body that nobody wants to read: the answer that says why may be here all the same, and "close" comes anyway.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!connected) lose(notConnected(error.code ?? "EIO"));
    });
    socket.on("close", () => lose({ is: "cut", taken, answered: head.status > 0 }));
    socket.on("connect", () => {
      connected = true;
      send(socket, request);
    });
    socket.on("data", (bytes: Buffer) => {
      try {
        for (const part of parser.feed(bytes)) {
          if (part.is === "interim") {
            taken = true;
            socket.setTimeout(0);
          } else if (part.is === "head") {
            head = { status: part.status, headers: part.headers };
            socket.setTimeout(silence);
          } else if (part.is === "data") {
            const full = onData(part.bytes, head);
            if (full !== undefined) pause(socket, full, silence);
          } else {
            finish(() => resolve(head));
          }
        }
      } catch (error) {
        if (error instanceof MalformedResponse) lose({ is: "malformed", what: error.message });
        else finish(() => reject(error));
      }
    });
  });
}

function pause(socket: Socket, full: Promise<void>, silence: number): void {
  socket.pause();
  socket.setTimeout(0);
  full.then(() => {
    socket.setTimeout(silence);
    socket.resume();
  });
}

function notConnected(errno: string): Lost {
  return { is: "unconnected", errno };
}

function send(socket: Socket, { method, path, headers = {}, body }: WireRequest): void {
  const lines = [`${method} ${path} HTTP/1.1`, "Host: daemonitor", "Connection: close"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

/**
 * As much of SMTP (RFC 5321) as an alert needs: one letter, with STARTTLS and a password where they are wanted. nodemailer
 * does far more, and takes four times as long to load, in the supervisor's own thread: see docs/checks.md.
 */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import type { SmtpServer } from "../../values/mail.ts";
import { AlertError, errorText } from "./alertError.ts";

export interface Delivery {
  readonly server: SmtpServer;
  readonly from: string;
  readonly to: readonly string[];
  /** With \r\n, and no line that begins with a dot. */
  readonly letter: string;
  /** Our own name, for EHLO. */
  readonly name: string;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** Of a reply. */
const MOST_REPLY = 16_384;

/** Resolves when the server has taken it. @throws AlertError */
export async function sendMail({ server, from, to, letter, name, timeout }: Delivery): Promise<void> {
  const dialogue = new Dialogue(await open(server), server.host);
  const late = setTimeout(() => dialogue.fail(new AlertError(`${server.host}: not done in ${timeout / 1000} s`)), timeout);
  try {
    await dialogue.expect(2);
    let offers = await dialogue.say(`EHLO ${name}`);
    if (!server.secure && /^250[ -]STARTTLS\b/im.test(offers)) {
      await dialogue.say("STARTTLS");
      await dialogue.secure(server);
      offers = await dialogue.say(`EHLO ${name}`);
    }
    if (server.user !== null) await logIn(dialogue, server, server.user);
    await dialogue.say(`MAIL FROM:<${from}>`);
    for (const address of to) await dialogue.say(`RCPT TO:<${address}>`);
    await dialogue.say("DATA", 3);
    await dialogue.say(`${letter}.`);
    // It is delivered; whether the server says good-bye is its own affair.
    dialogue.write("QUIT\r\n");
  } finally {
    clearTimeout(late);
    dialogue.end();
  }
}

async function logIn(dialogue: Dialogue, { host, password }: SmtpServer, user: string): Promise<void> {
  if (!dialogue.isPrivate) {
    throw new AlertError(`${host}: offers no encryption, and the password is not sent without it`);
  }
  await dialogue.say(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password ?? ""}`).toString("base64")}`);
}

async function open({ host, port, secure }: SmtpServer): Promise<Socket> {
  if (!secure) return connectPlain({ host, port });
  const { connect } = await import("node:tls");
  return connect({ host, port, ...servername(host) });
}

function servername(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

class Dialogue {
  #socket: Socket;
  #text = "";
  #failure: AlertError | undefined;
  #wake: () => void = () => {};
  #secured: boolean;
  readonly #host: string;

  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    this.#secured = "encrypted" in socket;
    this.#listen();
  }

  /** Nobody else can read it: encrypted, or it never leaves this machine. */
  get isPrivate(): boolean {
    return this.#secured || /^(?:127\.|::1$)/.test(this.#socket.remoteAddress ?? "");
  }

  /** The whole reply, where its code begins with this digit. @throws AlertError */
  async expect(digit: 2 | 3): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-.*\r?\n)*(\d)\d\d(?: .*)?\r?\n/.exec(this.#text);
      if (match !== null) {
        const [reply, first] = match;
        this.#text = this.#text.slice(reply.length);
        if (first === String(digit)) return reply;
        // 4xx is for now, 5xx for ever; but what is wrong with a server or an account may be put right.
        throw new AlertError(`${this.#host}: ${reply.trim().split("\n").at(-1)}`);
      }
      if (this.#text.length > MOST_REPLY) throw new AlertError(`${this.#host}: it doesn't speak SMTP`);
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async say(line: string, digit: 2 | 3 = 2): Promise<string> {
    this.write(`${line}\r\n`);
    return this.expect(digit);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  async secure({ host }: SmtpServer): Promise<void> {
    const { connect } = await import("node:tls");
    this.#socket.removeAllListeners("data");
    // What came in the clear after the command is no reply: RFC 3207, section 6.
    this.#text = "";
    this.#socket = connect({ socket: this.#socket, ...servername(host) });
    this.#secured = true;
    this.#listen();
  }

  fail(error: AlertError): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#wake();
  }

  end(): void {
    this.#socket.end();
    // Whoever doesn't read it doesn't keep us.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  #listen(): void {
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    this.#socket.on("error", (error) => this.fail(new AlertError(`${this.#host}: ${errorText(error)}`, { cause: error })));
    this.#socket.on("close", () => this.fail(new AlertError(`${this.#host}: it closed the connection`)));
  }
}

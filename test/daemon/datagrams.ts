/** A listener for sd_notify and syslog datagrams, as a service manager or a syslog daemon would be one. */
import { closeSync } from "node:fs";
import { type NotifyMessage, native } from "../../src/native/addon.ts";
import type { Tracked } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";

export interface Listener {
  readonly address: string;
  /** What has come in since the last call, as text. */
  texts(): string[];
  /** Waits for the next datagram. */
  next(): Promise<NotifyMessage & { readonly text: string }>;
  close(): void;
}

export function listen(tracked: Tracked): Listener {
  const { fd, address } = native().notifySocket();
  let open = true;
  const close = () => {
    if (open) closeSync(fd);
    open = false;
  };
  tracked.defer(close);
  return {
    address,
    texts() {
      const texts: string[] = [];
      for (let message = native().receiveNotify(fd); message !== null; message = native().receiveNotify(fd)) texts.push(textOf(message));
      return texts;
    },
    async next() {
      const message = await until("a datagram", () => native().receiveNotify(fd));
      return { ...message, text: textOf(message) };
    },
    close,
  };
}

/** Sets variables of this process until the test is over; undefined removes one. */
export function setEnv(tracked: Tracked, variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    tracked.defer(() => put(name, before));
    put(name, value);
  }
}

/** Arguments of Node for a program that imports from `src`. */
export function script(code: string): string[] {
  return ["--input-type=module", "--eval", code.replaceAll("SRC", `${import.meta.dirname}/../../src`)];
}

function put(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

function textOf(message: NotifyMessage): string {
  return Buffer.from(message.data).toString();
}

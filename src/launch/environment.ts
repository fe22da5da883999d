/** The environment that a program is started with, as bytes: a value need not be UTF-8, and process.env would spoil it. */
import { native } from "../native/addon.ts";
import type { Text } from "./steps.ts";

/** Where programs are looked for in an empty environment; confstr(3) says the same. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const EQUALS = 0x3d;

/** "NAME=value" entries by name. Names are latin1 text, so that any bytes can be one. */
export class Environment {
  readonly #entries = new Map<string, Text>();

  /** The caller's, as setenv(3) left it. */
  static current(): Environment {
    const environment = new Environment();
    for (const entry of native().environment()) environment.#add(entry);
    return environment;
  }

  set(name: string, value: Text): void {
    this.#entries.set(latin1(name), Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value)]));
  }

  delete(name: string): void {
    this.#entries.delete(latin1(name));
  }

  has(name: string): boolean {
    return this.#entries.has(latin1(name));
  }

  get(name: string): string | undefined {
    const entry = this.#entries.get(latin1(name));
    return entry === undefined
      ? undefined
      : Buffer.from(entry)
          .toString()
          .slice(name.length + 1);
  }

  entries(): readonly Text[] {
    return [...this.#entries.values()];
  }

  #add(entry: Uint8Array): void {
    const end = entry.indexOf(EQUALS, 1);
    if (end > 0) this.#entries.set(Buffer.from(entry.buffer, entry.byteOffset, end).toString("latin1"), entry);
  }
}

function latin1(name: string): string {
  return Buffer.from(name).toString("latin1");
}

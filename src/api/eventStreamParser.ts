/** Reads server-sent events (the HTML standard, "interpreting an event stream"). Pure and bounded. */

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  /** Undefined for one that only says up to where the stream has come. */
  readonly data: string | undefined;
}

const LONGEST = 1024 * 1024;

export class EventStreamParser {
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";
  #fields = new Map<string, string>();
  #size = 0;

  /** @throws RangeError for an event of more than a megabyte */
  feed(bytes: Uint8Array): ServerSentEvent[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|\n/);
    this.#rest = lines.pop() ?? "";
    const events: ServerSentEvent[] = [];
    for (const line of lines) {
      if (line === "") events.push(...this.#dispatch());
      else this.#take(line);
    }
    if (this.#size + this.#rest.length > LONGEST) throw new RangeError("an event is too long");
    return events;
  }

  #take(line: string): void {
    this.#size += line.length;
    const colon = line.indexOf(":");
    // A comment: only there to keep the connection alive.
    if (colon === 0) return;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    const before = this.#fields.get(name);
    this.#fields.set(name, name === "data" && before !== undefined ? `${before}\n${value}` : value);
  }

  #dispatch(): ServerSentEvent[] {
    const fields = this.#fields;
    this.#fields = new Map();
    this.#size = 0;
    if (!fields.has("data") && !fields.has("id")) return [];
    return [{ event: fields.get("event") ?? "message", id: fields.get("id"), data: fields.get("data") }];
  }
}

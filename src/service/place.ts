/** A key of the configuration that is being checked: where it is, and how to complain about it. */
import { given } from "../values/valueError.ts";
import { formatPath, type KeyPath, type Position, type Problem } from "./problem.ts";
import { substitute, type Variables } from "./substitute.ts";

export interface Surroundings {
  /** Undefined where the configuration came from no file. */
  readonly file: string | undefined;
  /** Relative paths start here. */
  readonly directory: string;
  /** The position of a key, or of its nearest ancestor that has one. */
  readonly locate: (path: KeyPath) => Position | undefined;
  /** What `${VAR}` is filled in from. */
  readonly variables: Variables;
  /** Instances that "max" stands for. */
  readonly parallelism: number;
}

export interface Complaint {
  /** Shown as the value at fault. */
  readonly value?: unknown;
  readonly nearest?: string | undefined;
}

/** A text whose variables are filled in. */
export interface Filled {
  readonly text: string;
  readonly filled: boolean;
}

export class Place {
  readonly path: KeyPath;
  readonly surroundings: Surroundings;
  readonly #found: Problem[];
  /** Texts that variables were filled into, with what their author wrote. */
  readonly written: Map<string, string>;
  readonly #secret: boolean;

  private constructor(path: KeyPath, surroundings: Surroundings, found: Problem[], written: Map<string, string>, secret: boolean) {
    this.path = path;
    this.surroundings = surroundings;
    this.#found = found;
    this.written = written;
    this.#secret = secret;
  }

  static root(surroundings: Surroundings): Place {
    return new Place([], surroundings, [], new Map(), false);
  }

  at(key: string | number): Place {
    return new Place([...this.path, key], this.surroundings, this.#found, this.written, this.#secret);
  }

  /** The same place; no value below it is ever shown. */
  secret(): Place {
    return new Place(this.path, this.surroundings, this.#found, this.written, true);
  }

  /** A place whose filled-in texts are listed apart. */
  apart(): Place {
    return new Place(this.path, this.surroundings, this.#found, new Map(), this.#secret);
  }

  /** Found so far in the whole configuration. */
  get problems(): readonly Problem[] {
    return this.#found;
  }

  error(message: string, complaint: Complaint = {}): undefined {
    this.#add("error", message, complaint);
  }

  warning(message: string, complaint: Complaint = {}): undefined {
    this.#add("warning", message, complaint);
  }

  /** The text with its variables filled in; undefined, and said so, where that can't be done. */
  fill(text: string): Filled | undefined {
    const result = substitute(text, this.surroundings.variables);
    if ("wrong" in result) return this.error(result.wrong, { value: text });
    if (result.filled && !this.#secret) this.written.set(result.text, text);
    return result;
  }

  /** The text as its author wrote it, for messages: what was filled in may be a secret. */
  shown(text: string): string {
    return this.written.get(text) ?? text;
  }

  /** Remembers what `raw` became: a text, or an object with texts in it. */
  remember(became: unknown, raw: string): void {
    if (this.#secret) return;
    const texts = typeof became === "object" && became !== null ? Object.values(became) : [became];
    for (const text of texts) if (typeof text === "string" && !raw.includes(text)) this.written.set(text, raw);
  }

  #add(severity: Problem["severity"], message: string, { value, nearest }: Complaint): void {
    const { file, locate } = this.surroundings;
    const position = locate(this.path);
    this.#found.push({
      severity,
      ...(file === undefined ? {} : { file }),
      path: formatPath(this.path),
      ...position,
      ...(value === undefined || this.#secret ? {} : { value: given(value) }),
      message,
      ...(nearest === undefined ? {} : { nearest }),
    });
  }
}

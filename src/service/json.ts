/** Reads JSON with the positions of its keys. JSON.parse has none, keeps the last of two equal keys, and quotes the text in its errors. */
import { Lines, type Mistake, Offsets, type Source } from "./source.ts";

const DEEPEST = 200;

class JsonError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** @example readJson('{ "services": {} }').value */
export function readJson(text: string): Source {
  const lines = new Lines(text);
  const reader = new Reader(text.replace(/^\uFEFF/, " "));
  const at = (offset: number | undefined) => (offset === undefined ? undefined : lines.at(offset));
  try {
    const value = reader.read();
    const mistakes = reader.duplicates.map(({ offset, ...mistake }) => ({ ...mistake, ...at(offset) }));
    return { value, locate: (path) => at(reader.offsets.find(path)), mistakes };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { value: undefined, locate: () => undefined, mistakes: [{ message: error.message, ...at(error.offset) }] };
  }
}

class Reader {
  readonly offsets = new Offsets();
  readonly duplicates: (Mistake & { readonly offset: number })[] = [];
  readonly #text: string;
  #i = 0;
  readonly #path: (string | number)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value();
    this.#blanks();
    if (this.#i < this.#text.length) this.#fail("something follows the end of the configuration");
    return value;
  }

  #value(): unknown {
    this.#blanks();
    if (this.#path.length > DEEPEST) this.#fail(`it is nested more than ${DEEPEST} deep`);
    switch (this.#text[this.#i]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #object(): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.#members("}", () => {
      const offset = this.#i;
      if (this.#text[offset] !== '"') this.#fail('a key in double quotes, or "}", is meant here');
      const key = this.#string();
      this.#path.push(key);
      if (entries.has(key))
        this.duplicates.push({ message: `the key ${JSON.stringify(key)} is here twice`, path: [...this.#path], offset });
      else this.offsets.set(this.#path, offset);
      this.#blanks();
      this.#expect(":", '":" is meant after the key');
      entries.set(key, this.#value());
      this.#path.pop();
    });
    return Object.fromEntries(entries);
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#members("]", () => {
      this.#path.push(items.length);
      this.offsets.set(this.#path, this.#i);
      items.push(this.#value());
      this.#path.pop();
    });
    return items;
  }

  #members(end: "}" | "]", member: () => void): void {
    this.#i++;
    this.#blanks();
    if (this.#text[this.#i] === end) {
      this.#i++;
      return;
    }
    for (;;) {
      this.#blanks();
      if (this.#text[this.#i] === end) this.#fail(`there is a comma before "${end}"`);
      member();
      this.#blanks();
      if (this.#text[this.#i] === ",") this.#i++;
      else break;
    }
    this.#expect(end, `"${end}" or a comma is meant here`);
  }

  #string(): string {
    const start = this.#i;
    const match = stringAt(this.#text, start);
    if (match === undefined) this.#fail("the text that begins here is not closed on its line, or has a wrong escape in it");
    this.#i += match.length;
    return JSON.parse(match);
  }

  #word(): unknown {
    const [word = ""] = at(/-?[\w.+-]+/y, this.#text, this.#i);
    const isValue = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word);
    if (!isValue) {
      if (this.#i >= this.#text.length) this.#fail("the file ends before the configuration does");
      if (/^\/[/*]/.test(this.#text.slice(this.#i, this.#i + 2))) this.#fail("JSON has no comments: use a .yaml file for those");
      this.#fail("no value begins like this: texts are in double quotes");
    }
    this.#i += word.length;
    return JSON.parse(word);
  }

  #expect(char: string, otherwise: string): void {
    if (this.#text[this.#i] !== char) this.#fail(otherwise);
    this.#i++;
  }

  #blanks(): void {
    const [blanks = ""] = at(/[ \t\r\n]*/y, this.#text, this.#i);
    this.#i += blanks.length;
  }

  #fail(message: string): never {
    throw new JsonError(message, this.#i);
  }
}

function stringAt(text: string, offset: number): string | undefined {
  return at(/"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy, text, offset)[0];
}

function at(sticky: RegExp, text: string, offset: number): readonly string[] {
  sticky.lastIndex = offset;
  return sticky.exec(text) ?? [];
}

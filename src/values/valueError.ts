/** A value that can't be what it is meant to be. The message says what was given and what is meant; the caller adds whose value it is. */
export class ValueError extends TypeError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ValueError";
  }
}

/**
 * A value as an error message shows it: quoted, short, on one line.
 *
 * @example
 * given("a\nb"); // "a\nb" with its quotes, the line end escaped
 * given(null);   // null
 * given([1]);    // an array
 */
export function given(value: unknown): string {
  switch (typeof value) {
    case "string":
      return shorten(JSON.stringify(value));
    case "bigint":
      return `${value}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    default:
      if (value === null) return "null";
      if (Array.isArray(value)) return "an array";
      if (value instanceof Uint8Array) return "bytes";
      return "an object";
  }
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 76)}…"`;
}

/** A line of the view: pieces of text, each with what it means. Which colour that has is decided by the palette. */

export const ROLES = ["text", "dim", "title", "good", "warn", "bad", "accent"] as const;
export type Role = (typeof ROLES)[number];

export interface Span {
  readonly text: string;
  /** Default "text". */
  readonly role?: Role;
  /** Foreground and background change places: what is selected, also without colours. */
  readonly reverse?: boolean;
}

export type Line = readonly Span[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The text of a line, for tests and searches. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}

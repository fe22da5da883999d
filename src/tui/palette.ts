/** Which colours a terminal has, and what each role looks like in them. */
import { ROLES, type Role } from "./line.ts";

export type Depth = "none" | "16" | "256";

/** The sequence that sets each style of a grid, after whatever was set before. */
export type Palette = readonly string[];

/** Without colours, bold tells titles and what is bad from the rest. */
const CODES: Readonly<Record<Depth, Readonly<Record<Role, string>>>> = {
  none: { text: "", dim: "", title: "1", good: "", warn: "", bad: "1", accent: "" },
  "16": { text: "", dim: "2", title: "1", good: "32", warn: "33", bad: "1;31", accent: "36" },
  "256": { text: "", dim: "38;5;245", title: "1", good: "38;5;71", warn: "38;5;172", bad: "1;38;5;167", accent: "38;5;74" },
};

/** @example paletteOf("16")[0]; // "\u001b[0m" */
export function paletteOf(depth: Depth): Palette {
  return ROLES.flatMap((role) => {
    const code = CODES[depth][role];
    const set = code === "" ? "0" : `0;${code}`;
    return [`\u001b[${set}m`, `\u001b[${set};7m`];
  });
}

export interface Abilities {
  readonly depth: Depth;
  /** Whether more than ASCII can be shown. */
  readonly unicode: boolean;
}

/**
 * What the environment says of the terminal; undefined for one that can't move its cursor. No colours with NO_COLOR
 * (https://no-color.org). A locale that isn't set says nothing: terminals of today show UTF-8.
 */
export function abilitiesOf(env: Readonly<Record<string, string | undefined>>): Abilities | undefined {
  const { NO_COLOR = "", TERM = "", COLORTERM = "" } = env;
  if (TERM === "" || TERM === "dumb") return undefined;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  const isUtf8 = locale === undefined || /utf-?8/i.test(locale);
  const many = COLORTERM !== "" || TERM.includes("256color") || TERM.includes("direct");
  const none = NO_COLOR !== "" || /^vt\d/.test(TERM) || TERM.endsWith("-m") || TERM.endsWith("-mono");
  // The font of the Linux console has 256 to 512 characters.
  return { depth: none ? "none" : many ? "256" : "16", unicode: isUtf8 && TERM !== "linux" };
}

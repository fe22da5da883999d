import { given, ValueError } from "./valueError.ts";

const NEEDS_SHELL: Readonly<Record<string, string>> = {
  "|": "a pipe",
  "&": "an operator",
  ";": "an operator",
  "<": "a redirection",
  ">": "a redirection",
  "`": "a substitution",
  "(": "a subshell",
  ")": "a subshell",
};

/**
 * The words of a command line, as sh(1) splits them, without a shell: blanks separate, quotes and backslashes protect.
 *
 * `${NAME}` stays as it is, blanks inside the braces too, for whoever fills it in: so a value never becomes two words.
 * Between single quotes it comes out as `$${NAME}`, which is how a filled-in text says that no variable is meant.
 *
 * @throws ValueError for a quote that isn't closed, and for what only a shell can do
 * @example
 * splitWords("node 'my server.js' --port ${PORT}"); // ["node", "my server.js", "--port", "${PORT}"]
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const piece = pieceAt(text, i);
    word = (word ?? "") + piece.text;
    i = piece.end;
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Piece {
  readonly text: string;
  /** Index of its last character. */
  readonly end: number;
}

function pieceAt(text: string, i: number): Piece {
  const char = text.charAt(i);
  if (char === "'") {
    const end = closing(text, "'", i);
    return { text: text.slice(i + 1, end).replaceAll(/\$+\{/g, (opening) => `$${opening}`), end };
  }
  if (char === '"') return doubleQuoted(text, i);
  if (char === "\\") {
    if (i + 1 === text.length) throw new ValueError(`${given(text)} ends with a backslash`);
    return { text: text.charAt(i + 1), end: i + 1 };
  }
  if (char === "$") return dollar(text, i);
  const needs = NEEDS_SHELL[char];
  if (needs !== undefined) throw shellNeeded(text, char, needs);
  return { text: char, end: i };
}

function doubleQuoted(text: string, start: number): Piece {
  let inside = "";
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') return { text: inside, end: i };
    if (char === "\\" && /["\\$`]/.test(text.charAt(i + 1))) {
      inside += text.charAt(++i);
    } else if (char === "$") {
      const piece = dollar(text, i);
      inside += piece.text;
      i = piece.end;
    } else if (char === "`") {
      throw shellNeeded(text, char, "a substitution");
    } else {
      inside += char;
    }
  }
  throw unclosed(text, '"');
}

/** "${…}" in one piece; "$${" and a lone dollar sign as they are. */
function dollar(text: string, i: number): Piece {
  if (text.startsWith("$${", i)) return { text: "$${", end: i + 2 };
  if (text.startsWith("${", i)) {
    const end = text.indexOf("}", i);
    if (end < 0) throw unclosed(text, "${");
    return { text: text.slice(i, end + 1), end };
  }
  if (text.startsWith("$(", i)) throw shellNeeded(text, "$(", "a substitution");
  const [variable] = /^\$(?:[A-Za-z_]\w*|[\d@*#?!$-])/.exec(text.slice(i)) ?? [];
  if (variable !== undefined) {
    const written = /^\$[A-Za-z_]/.test(variable) ? `write \${${variable.slice(1)}}, or` : "only a shell knows it: write";
    throw new ValueError(`${given(text)} has ${variable} in it: ${written} '${variable}' where no variable is meant`);
  }
  return { text: "$", end: i };
}

function closing(text: string, quote: string, start: number): number {
  const end = text.indexOf(quote, start + 1);
  if (end < 0) throw unclosed(text, quote);
  return end;
}

function unclosed(text: string, opening: string): ValueError {
  return new ValueError(`${given(text)} has a ${opening} that is never closed`);
}

function shellNeeded(text: string, what: string, kind: string): ValueError {
  return new ValueError(
    `${given(text)} has ${kind} (${what}) in it, and no shell reads it: quote it, or run a shell with ["sh", "-c", "…"]`,
  );
}

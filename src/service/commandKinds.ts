/** Kinds for what is executed, and with which environment. */
import { given, ValueError } from "../values/valueError.ts";
import { splitWords } from "../values/words.ts";
import { attempt, type Kind, refine } from "./kind.ts";
import type { Place } from "./place.ts";
import { isPlainObject } from "./structures.ts";

const WORDS = 'a list of words such as ["--port", "80"], or a text';
const VARIABLES = 'an object such as { LANG: "C.UTF-8" }';

/** Words of a command line: a list, or a text that is split as a shell does. A variable's value is never split. */
export const words: Kind<readonly string[]> = {
  label: "list or text",
  meant: WORDS,
  schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: ["string", "number"] } }] },
  read(value, at) {
    if (typeof value !== "string" && !Array.isArray(value)) return at.error(`${given(value)} is not ${WORDS}`, { value });
    const split = typeof value === "string" ? attempt(WORDS, value, false, at, () => splitWords(value)) : value;
    const read = split?.map((word: unknown, index) => oneWord(word, typeof value === "string" ? at : at.at(index)));
    return read?.every((word) => word !== undefined) ? read : undefined;
  },
};

/** A program and its arguments. */
export const command: Kind<readonly string[]> = refine({ ...words, label: "command" }, (read, at) => {
  const [program] = read;
  if (program === undefined || program === "") return at.error('there is no program in it: write it first, as in ["node", "server.js"]');
  const [, variable] = /^([A-Za-z_]\w*)=/.exec(program) ?? [];
  if (variable !== undefined) return at.error(`it begins with the variable ${variable}, which only a shell would set: put it into "env"`);
  return read;
});

/** Environment variables; null removes one that would be inherited. Their values are secrets: no message shows one. */
export const environment: Kind<Readonly<Record<string, string | null>>> = {
  label: "map of text",
  meant: VARIABLES,
  schema: { type: "object", additionalProperties: { type: ["string", "number", "boolean", "null"] } },
  read(value, where) {
    const at = where.secret();
    if (!isPlainObject(value)) return at.error(`it is not ${VARIABLES}`);
    const read = Object.entries(value).flatMap(([name, content]): [string, string | null][] => {
      const here = at.at(name);
      if (!isVariableName(name)) here.error("it can't be a variable's name: it is empty, or has \"=\" or a NUL byte in it");
      const checked = variable(content, here);
      return checked === undefined ? [] : [[name, checked]];
    });
    return Object.fromEntries(read);
  },
};

/** Names of variables; "LC_*" stands for all that begin so. */
export const variableName: Kind<string> = {
  label: "name",
  meant: 'a variable\'s name, or the beginning of names such as "LC_*"',
  schema: { type: "string" },
  read: (value, at) =>
    typeof value === "string" && /^[^=*\0]+\*?$|^\*$/.test(value)
      ? value
      : at.error(`${given(value)} is not a variable's name, nor the beginning of names such as "LC_*"`, { value }),
};

function variable(content: unknown, at: Place): string | null | undefined {
  if (content === null) return null;
  if (content === undefined) return undefined;
  if (typeof content === "boolean" || (typeof content === "number" && Number.isFinite(content))) return String(content);
  if (typeof content !== "string") return at.error("it is not text, a number, true, false or null");
  const filled = at.fill(content);
  if (filled?.text.includes("\0")) return at.error("there is a NUL byte in it");
  return filled?.text;
}

function oneWord(word: unknown, at: Place): string | undefined {
  const text = typeof word === "number" ? String(word) : word;
  if (typeof text !== "string") return at.error(`${given(word)} is not text`, { value: word });
  const filled = at.fill(text);
  if (filled === undefined) return undefined;
  return attempt("text", text, filled.filled, at, () => {
    if (filled.text.includes("\0")) throw new ValueError(`${given(text)} has a NUL byte in it`);
    return filled.text;
  });
}

function isVariableName(name: string): boolean {
  return name !== "" && !name.includes("=") && !name.includes("\0");
}

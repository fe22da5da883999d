/**
 * Which lines are wanted. A word is looked for in the bytes of whole blocks, so that only the lines that have it cost anything.
 *
 *   const pick = makePicker({ grep: parseGrep("timeout"), level: 40 });
 *   for (const [begin, end] of pick(bytes)) console.log(bytes.toString("utf8", begin, end));
 */
import { isAscii } from "node:buffer";
import { given, ValueError } from "../values/valueError.ts";
import { fieldOf, parseObject } from "./readJson.ts";
import { levelOf, levelOfText, USUAL_LEVEL } from "./readLevels.ts";
import { type Finder, needleFinder } from "./readNeedle.ts";

export interface Filter {
  readonly grep?: Grep | undefined;
  /** Lines of this level and worse. */
  readonly level?: number | undefined;
}

export interface Grep {
  /** Bytes that every line that is wanted has, or undefined. */
  readonly needle: Buffer | undefined;
  /** To be looked for in a block of text at once; it finds every line that is wanted, and maybe more. */
  readonly pattern: RegExp | undefined;
  /** Whether the line is wanted, which has no line end. Undefined: the needle says all. */
  readonly test: ((line: Buffer) => boolean) | undefined;
}

/** Begin and end (exclusive, without the line end) of the lines that are wanted. Stateful: give it a log's blocks in order. */
export type Picker = (bytes: Buffer) => Generator<Range, void, undefined>;
export type Range = readonly [begin: number, end: number];

const NEWLINE = 0x0a;
const LINE_END = Buffer.from("\n");
const FIELD = /^([A-Za-z_@][\w.@-]*)=(.+)$/s;

/**
 * What `--grep` is given: a regular expression; or `field=value`, which also finds the lines of JSON in which the field has that value.
 *
 * @param fixed it stands for itself: no part of it is a regular expression
 * @throws ValueError for what is no regular expression
 */
export function parseGrep(pattern: string, { ignoreCase = false, fixed = false } = {}): Grep {
  if (pattern === "" || pattern.includes("\n")) throw new ValueError(`${given(pattern)} is no pattern of a line`);
  const isPlain = fixed || !/[\\^$.*+?()[\]{}|]/.test(pattern);
  const text = isPlain && !ignoreCase ? literal(pattern) : expression(pattern, isPlain, ignoreCase);
  const [, path, value] = FIELD.exec(pattern) ?? [];
  return path === undefined || value === undefined ? text : withField(text, path, value, ignoreCase);
}

export function makePicker({ grep, level }: Filter): Picker {
  if (level !== undefined) return byLevel(level, grep);
  if (grep === undefined) return everyLine;
  const { needle, pattern, test } = grep;
  if (needle !== undefined) {
    const find = needleFinder(needle);
    return (bytes) => byNeedle(bytes, find, test);
  }
  const matches = test ?? (() => true);
  return (bytes) => (pattern !== undefined && isAscii(bytes) ? byPattern(bytes, pattern, matches) : byTest(bytes, matches));
}

/** The same for lines that come one by one, in order. They have no line end. */
export function lineFilter(filter: Filter): (line: Buffer) => boolean {
  if (filter.grep === undefined && filter.level === undefined) return () => true;
  const pick = makePicker(filter);
  return (line) => {
    // An empty line is one, too.
    const [first] = [...pick(line.length === 0 ? LINE_END : line)];
    return first !== undefined;
  };
}

export function* everyLine(bytes: Buffer): Generator<Range, void, undefined> {
  for (let begin = 0; begin < bytes.length; ) {
    const end = endOf(bytes, begin);
    yield [begin, end];
    begin = end + 1;
  }
}

function* byNeedle(bytes: Buffer, find: Finder, test: Grep["test"]): Generator<Range, void, undefined> {
  for (let at = find(bytes, 0); at !== -1; ) {
    const begin = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = endOf(bytes, at);
    if (test === undefined || test(bytes.subarray(begin, end))) yield [begin, end];
    at = find(bytes, end);
  }
}

/** In a block, a match may reach over a line end: each line that one begins in is looked at again, alone. */
function* byPattern(bytes: Buffer, pattern: RegExp, test: (line: Buffer) => boolean): Generator<Range, void, undefined> {
  const text = bytes.toString("latin1");
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match.index === text.length) return;
    const begin = match.index === 0 ? 0 : text.lastIndexOf("\n", match.index - 1) + 1;
    const end = endOf(bytes, match.index);
    if (test(bytes.subarray(begin, end))) yield [begin, end];
    pattern.lastIndex = end + 1;
    if (end + 1 >= text.length) return;
  }
}

function* byTest(bytes: Buffer, test: (line: Buffer) => boolean): Generator<Range, void, undefined> {
  for (const range of everyLine(bytes)) if (test(bytes.subarray(...range))) yield range;
}

/** A line that begins with a blank and tells no level belongs to the line before it: stack traces are such lines. */
function byLevel(least: number, grep: Grep | undefined): Picker {
  let before = USUAL_LEVEL;
  const matches = grep === undefined ? () => true : lineTest(grep);
  return function* (bytes) {
    for (const range of everyLine(bytes)) {
      const line = bytes.subarray(...range);
      const isContinued = line[0] === 0x20 || line[0] === 0x09;
      const level = lineLevel(line) ?? (isContinued ? before : USUAL_LEVEL);
      before = level;
      if (level >= least && matches(line)) yield range;
    }
  };
}

function lineLevel(line: Buffer): number | undefined {
  const object = parseObject(line);
  return object === undefined ? levelOfText(line.toString("latin1", 0, 200)) : levelOf(object.level ?? object.severity ?? object.levelname);
}

function lineTest({ needle, test }: Grep): (line: Buffer) => boolean {
  return (line) => (needle === undefined || line.includes(needle)) && (test === undefined || test(line));
}

function endOf(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

function literal(text: string): Grep {
  return { needle: Buffer.from(text), pattern: undefined, test: undefined };
}

function expression(pattern: string, isPlain: boolean, ignoreCase: boolean): Grep {
  const source = isPlain ? pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&") : pattern;
  const flags = ignoreCase ? "i" : "";
  let line: RegExp;
  try {
    line = new RegExp(source, flags);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, "") : "";
    throw new ValueError(`${given(pattern)} is no regular expression: ${why}`);
  }
  // What looks around would see other lines; what is not ASCII has other offsets.
  const inBlocks = isAscii(Buffer.from(source)) && !/\(\?/.test(source);
  return {
    needle: undefined,
    pattern: inBlocks ? new RegExp(source, `gm${flags}`) : undefined,
    test: (bytes) => line.test(bytes.toString("utf8")),
  };
}

function withField(text: Grep, path: string, value: string, ignoreCase: boolean): Grep {
  const inText = lineTest(text);
  const fold = (one: string) => (ignoreCase ? one.toLowerCase() : one);
  const test = (line: Buffer) => {
    if (inText(line)) return true;
    const object = parseObject(line);
    const found = object === undefined ? undefined : fieldOf(object, path);
    return found !== undefined && fold(typeof found === "string" ? found : JSON.stringify(found)) === fold(value);
  };
  // Either way of having it holds the field's name, unless it says "or".
  const isCertain = !ignoreCase && !/[\\^$*+?()[\]{}|]/.test(`${path}${value}`);
  return { needle: isCertain ? Buffer.from(path.slice(path.lastIndexOf(".") + 1)) : undefined, pattern: undefined, test };
}

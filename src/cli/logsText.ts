/** Lines of logs for people. Pure. */
import { isAscii } from "node:buffer";
import { type JsonLine, parseJsonLine } from "../logs/readJson.ts";
import { levelName } from "../logs/readLevels.ts";

export interface LineStyle {
  /** Puts colours of our own. */
  readonly colours: boolean;
  /** Shows control characters, so that no line does a terminal harm. */
  readonly harmless: boolean;
  /** Takes the services' own colours away. */
  readonly strip: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since 1970: what is of another day has a date. */
  readonly now: number;
}

const ESCAPE = "\u001b";
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;:]*m`, "g");
/** Colours, and whatever else moves cursors, turns the direction of writing or can't be seen. */
const HARMFUL = new RegExp(`${ESCAPE}\\[[\\d;:]*m|[\\p{Cc}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]`, "gu");
const PLAIN = /^[\t\x20-\x7e]*$/;

const NAME_COLOURS = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];

/** The colour of a name: always the same one. */
export function nameColour(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return NAME_COLOURS[hash % NAME_COLOURS.length] ?? 36;
}

/**
 * One line as text without its end; one of JSON may become several, the others indented.
 *
 * @param time when it was written, milliseconds since 1970
 * @example
 * lineText(Buffer.from('{"level":40,"time":1763820000000,"msg":"slow","ms":812}'), 0, style); // "15:00:00.000 WARN  slow ms=812"
 */
export function lineText(bytes: Buffer, time: number, style: LineStyle): string {
  const json = parseJsonLine(bytes);
  if (json !== undefined) return jsonText(json, time, style);
  const text = shown(bytes.toString(isAscii(bytes) ? "latin1" : "utf8").replace(/\r$/, ""), style);
  return style.timestamps ? `${paint(style, 2, clockText(time, style.now))} ${text}` : text;
}

/** Text that does no harm, where that is asked for: "^[" for an escape, "<U+202E>" for what turns the direction. */
export function shown(text: string, { harmless, strip }: Pick<LineStyle, "harmless" | "strip">): string {
  if (PLAIN.test(text)) return text;
  const coloured = strip ? text.replaceAll(COLOUR, "") : text;
  if (!harmless) return coloured;
  let hasColour = false;
  const visible = coloured.replaceAll(HARMFUL, (character) => {
    if (character.length > 1) hasColour = true;
    return character.length > 1 || character === "\t" ? character : visibleCharacter(character.codePointAt(0) ?? 0);
  });
  // A colour that was left on would go on in the lines of others.
  return hasColour ? `${visible}${ESCAPE}[0m` : visible;
}

/** "14:02:11.123"; with the date where it isn't today's. Local time. */
export function clockText(time: number, now: number): string {
  const date = new Date(time);
  const pad = (value: number, width = 2) => String(value).padStart(width, "0");
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? clock : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`;
}

export function paint({ colours }: Pick<LineStyle, "colours">, code: number | string, text: string): string {
  return colours && text !== "" ? `${ESCAPE}[${code}m${text}${ESCAPE}[0m` : text;
}

function jsonText(json: JsonLine, written: number, style: LineStyle): string {
  const { level, levelText, message, stack, fields } = json;
  const time = json.time ?? (style.timestamps ? written : undefined);
  // Escapes in JSON become control characters here, so they are made visible wherever this goes.
  const safe = (text: string) => shown(text, { harmless: true, strip: style.strip });
  const [first = "", ...more] = message.split(/\r?\n/).map(safe);
  const parts = [
    ...(time === undefined ? [] : [paint(style, 2, clockText(time, style.now))]),
    ...(level === undefined ? [] : [paint(style, colourOf(level), safe(nameOf(level, levelText)).padEnd(5))]),
    ...(first === "" ? [] : [first]),
    ...Object.entries(fields).map(([key, value]) => `${paint(style, 2, `${safe(key)}=`)}${safe(valueText(value))}`),
  ];
  const below = [...more, ...(stack === undefined ? [] : stack.split(/\r?\n/).map(safe))];
  return [parts.join(" "), ...below.map((line) => `    ${line}`)].join("\n");
}

/** Its own word, where it has one. */
function nameOf(level: number, text: string | undefined): string {
  return text === undefined || /^\d+$/.test(text) ? levelName(level) : text.toUpperCase();
}

function colourOf(level: number): number | string {
  if (level < 20) return 2;
  if (level < 30) return 36;
  if (level < 40) return 32;
  if (level < 50) return 33;
  return level < 60 ? 31 : "1;31";
}

function valueText(value: unknown): string {
  if (typeof value === "string" && value !== "" && !/[\s"=\\]/.test(value)) return value;
  return JSON.stringify(value) ?? "";
}

function visibleCharacter(code: number): string {
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  return code === 0x7f ? "^?" : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

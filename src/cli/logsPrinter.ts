/** Prints lines of logs in the form that was asked for. */
import { isatty } from "node:tty";
import { ownTime, parseObject } from "../logs/readJson.ts";
import { timeOfLine } from "../logs/readMerge.ts";
import { textWidth } from "../values/textWidth.ts";
import type { LogsOutput } from "./logsOutput.ts";
import type { ShownLog } from "./logsSelect.ts";
import { type LineStyle, lineText, nameColour, paint, shown } from "./logsText.ts";
import type { Wanted } from "./logsWanted.ts";
import { styleFor } from "./style.ts";

export interface PrintedLine {
  /** Without the line end. */
  readonly bytes: Buffer;
  /** When it was written, milliseconds since 1970. */
  readonly time: number;
  readonly ended: boolean;
}

const LINE_END = Buffer.from("\n");

export class LinePrinter {
  readonly #output: LogsOutput;
  readonly #wanted: Wanted;
  readonly #isTerminal = isatty(1);
  readonly #colours: boolean;
  readonly #names = new Map<string, string>();
  #width = 0;

  constructor(output: LogsOutput, wanted: Wanted, logs: readonly ShownLog[]) {
    this.#output = output;
    this.#wanted = wanted;
    this.#colours = wanted.colours && styleFor(1).bold("x") !== "x";
    this.nameAll(logs);
  }

  /** From now on there are several, so that each line says whose it is. */
  nameAll(logs: readonly ShownLog[]): void {
    const instances = new Set(logs.map(({ instance }) => instance));
    if (instances.size < 2 && this.#names.size === 0) return;
    if ([...instances].every((instance) => this.#names.has(instance))) return;
    const names = [...instances].map((instance) => [instance, shown(instance, { harmless: true, strip: true })] as const);
    for (const [, name] of names) this.#width = Math.max(this.#width, textWidth(name));
    for (const [instance, name] of names) {
      const space = " ".repeat(Math.max(0, this.#width - textWidth(name)));
      this.#names.set(instance, `${paint({ colours: this.#colours }, nameColour(instance), `${name}${space} |`)} `);
    }
  }

  print(log: ShownLog, line: PrintedLine): void {
    const { form } = this.#wanted;
    if (form === "raw") {
      this.#output.write(line.bytes);
      if (line.ended) this.#output.write(LINE_END);
    } else {
      this.#output.write(form === "json" ? `${jsonOf(log, line)}\n` : this.#text(log, line));
    }
  }

  #text({ instance }: ShownLog, { bytes, time }: PrintedLine): string {
    const style: LineStyle = {
      colours: this.#colours,
      harmless: this.#isTerminal,
      strip: !this.#wanted.colours || (this.#isTerminal && !this.#colours),
      timestamps: this.#wanted.timestamps,
      now: Date.now(),
    };
    const text = lineText(bytes, time, style);
    const name = this.#names.get(instance);
    if (name === undefined) return `${text}\n`;
    return `${name}${text.includes("\n") ? text.replaceAll("\n", `\n${name}`) : text}\n`;
  }
}

/** One object; `fields` where the line is one itself, else `line`. */
function jsonOf({ service, instance, output }: ShownLog, { bytes, time }: PrintedLine): string {
  const fields = parseObject(bytes);
  const what = { service, instance, stream: output };
  if (fields !== undefined)
    return JSON.stringify({ ...what, time: Math.round(ownTime(bytes) === undefined ? time : timeOfLine({ bytes, time })), fields });
  return JSON.stringify({ ...what, time: Math.round(time), line: bytes.toString("utf8") });
}

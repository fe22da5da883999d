/** How `daemonitor run` prints what its services write. */

import { textWidth } from "../values/textWidth.ts";
import type { LogsOutput } from "./logsOutput.ts";
import { lineText, nameColour, paint, shown } from "./logsText.ts";

/**
 * - `raw`: byte for byte, without names
 * - `plain`: byte for byte behind the names, for a collector of logs
 * - `terminal`, `colours`: for a person, as `logs` shows it
 */
export const PRINT_FORMS = ["raw", "plain", "terminal", "colours"] as const;

export type PrintForm = (typeof PRINT_FORMS)[number];

const LINE_END = Buffer.from("\n");

export class RunPrinter {
  readonly #form: PrintForm;
  readonly #outputs: { readonly stdout: LogsOutput; readonly stderr: LogsOutput };
  readonly #names = new Map<string, string>();
  #width = 0;

  constructor(form: PrintForm, outputs: { readonly stdout: LogsOutput; readonly stderr: LogsOutput }) {
    this.#form = form;
    this.#outputs = outputs;
  }

  /** Those whose lines come: where there are several, each line says whose it is from now on. */
  nameAll(instances: ReadonlySet<string>): void {
    if (this.#form === "raw" || (instances.size < 2 && this.#names.size === 0)) return;
    if ([...instances].every((instance) => this.#names.has(instance))) return;
    const names = [...instances].map((instance) => [instance, shown(instance, { harmless: true, strip: true })] as const);
    for (const [, name] of names) this.#width = Math.max(this.#width, textWidth(name));
    for (const [instance, name] of names) {
      const text = `${name}${" ".repeat(Math.max(0, this.#width - textWidth(name)))} |`;
      this.#names.set(instance, `${paint({ colours: this.#form === "colours" }, nameColour(instance), text)} `);
    }
  }

  /** @param ended false for a piece of a line that goes on in the next one */
  print(instance: string, output: "stdout" | "stderr", bytes: Buffer, ended: boolean): void {
    const to = this.#outputs[output];
    const name = this.#names.get(instance);
    if (this.#form === "raw" || this.#form === "plain") {
      if (name !== undefined) to.write(name);
      to.write(bytes);
      // A piece behind a name would be taken for the beginning of the next one's line.
      if (ended || name !== undefined) to.write(LINE_END);
      return;
    }
    const colours = this.#form === "colours";
    const now = Date.now();
    const text = lineText(bytes, now, { colours, harmless: true, strip: !colours, timestamps: false, now });
    to.write(name === undefined ? `${text}\n` : `${name}${text.replaceAll("\n", `\n${name}`)}\n`);
  }
}

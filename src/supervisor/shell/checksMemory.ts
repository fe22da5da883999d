/**
 * What checks have seen, for the next supervisor: a file in the runtime directory, written only when something is not as it
 * should be and changes. It need not outlast the machine: after a boot, every process is another one.
 */
import type { KnownCheck } from "../../monitor/checks.ts";
import { anyOf, bool, count, list, number, object, oneOf, orNull, text } from "../state/shape.ts";
import { readWhole, writeWholeSync } from "../state/wholeFile.ts";

const STEP = "check states";
/** Milliseconds after which samples say nothing of now; what fires still fires. */
const STALE = 300_000;

const action = anyOf(text, object({ exec: list(text) }));
const judged = object({
  run: orNull(text),
  results: list(bool),
  isBad: bool,
  calm: count,
  firing: orNull(number),
  inherited: bool,
  verdict: orNull(text),
});
const check = object({
  id: text,
  subject: text,
  service: orNull(text),
  text,
  for: object({ times: count, of: count }),
  actions: list(action),
});
const known = object({ check, judged, heldBy: orNull(text), values: list(text), lastAction: orNull(object({ at: number, text })) });
const saved = object({ version: oneOf(1), boot: text, at: number, checks: list(known) });

export interface ChecksMemoryOptions {
  readonly path: string;
  /** Of this boot of the machine. */
  readonly bootId: string;
  /** Called with a sentence for what can't be read or written; with null when it works again. */
  readonly report: (problem: string | null) => void;
}

export class ChecksMemory {
  readonly #options: ChecksMemoryOptions;
  #written = "[]";

  constructor(options: ChecksMemoryOptions) {
    this.#options = options;
  }

  /** Of an earlier supervisor in this boot; none where that can't be read: then checks begin anew. */
  read(now: number): readonly KnownCheck[] {
    const { path, bootId, report } = this.#options;
    try {
      const bytes = readWhole(path, STEP);
      if (bytes === undefined) return [];
      const content: unknown = JSON.parse(bytes.toString("utf8"));
      const fault = saved(content);
      if (fault !== undefined) throw new Error(`${path}${fault}`);
      // As the shape has checked it.
      const { boot, at, checks } = content as { readonly boot: string; readonly at: number; readonly checks: readonly KnownCheck[] };
      this.#written = JSON.stringify(checks);
      if (boot !== bootId) return [];
      return now >= at && now - at < STALE ? checks : checks.flatMap(withoutSamples);
    } catch (error) {
      report(`what checks have seen is lost: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  }

  write(checks: readonly KnownCheck[], now: number): void {
    const { path, bootId, report } = this.#options;
    const text = JSON.stringify(checks);
    if (text === this.#written) return;
    try {
      writeWholeSync(path, JSON.stringify({ version: 1, boot: bootId, at: now, checks }), STEP, { durable: false });
      this.#written = text;
      report(null);
    } catch (error) {
      report(`what checks have seen can't be kept: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function withoutSamples(known: KnownCheck): readonly KnownCheck[] {
  if (known.judged.firing === null) return [];
  return [{ ...known, values: [], judged: { ...known.judged, results: [], isBad: false, calm: 0 } }];
}

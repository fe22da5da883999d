/** The lines of the journal, and what they add up to. Pure. */
import type { HookName, Identity } from "../events.ts";
import type { Instance } from "../instance.ts";
import { instanceShape, spawnShape } from "./instanceShape.ts";
import { anyOf, count, isObject, list, object, oneOf, orNull, type Shape, text } from "./shape.ts";

/** A process that was started, or was about to be: then its identity is not known yet, and only its mark finds it. */
export interface SpawnNote {
  readonly attempt: number;
  readonly what: "process" | HookName;
  readonly identity: Identity | null;
  /** Where its output begins; none for a hook, and where nobody knows. */
  readonly outputAt?: OutputAt;
}

/** Bytes that were in the logs before. */
export interface OutputAt {
  readonly log: number;
  /** Of standard error alone, where that is apart. */
  readonly errorLog: number;
}

export interface JournalEntry {
  readonly name: string;
  /** Null where its record was damaged, but not those of its processes. */
  readonly instance: Instance | null;
  /** What was started, until it was said to be gone. Empty for one of an earlier boot. */
  readonly spawns: readonly SpawnNote[];
  /** The boot in which it was written. */
  readonly boot: string;
}

export type JournalRecord = { readonly boot: string; readonly name: string } & (
  | { readonly is: "instance"; readonly instance: Instance }
  | ({ readonly is: "spawn" } & SpawnNote)
  | { readonly is: "gone"; readonly tree: number | "all" }
  | { readonly is: "forgotten" }
  /** All that there is of an instance: in place of all lines before. */
  | { readonly is: "entry"; readonly instance: Instance | null; readonly spawns: readonly SpawnNote[] }
);

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** An instance whose shell never says `gone` would gather notes for ever. */
const MOST_SPAWNS = 32;

const head = { boot: text, name: text };

const shapes: Readonly<Record<JournalRecord["is"], Shape>> = {
  instance: object({ ...head, instance: instanceShape }),
  spawn: spawnShape(head),
  gone: object({ ...head, tree: anyOf(count, oneOf("all")) }),
  forgotten: object(head),
  entry: object({ ...head, instance: orNull(instanceShape), spawns: list(spawnShape({})) }),
};

export function encodeRecord(record: JournalRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

export function wholeEntry({ boot, name, instance, spawns }: JournalEntry): JournalRecord {
  return { is: "entry", boot, name, instance, spawns };
}

/** What an instance's entry is after a record; undefined once it was forgotten. */
export function applyRecord(entry: JournalEntry | undefined, record: JournalRecord): JournalEntry | undefined {
  const { boot, name } = record;
  const before = entry ?? { name, instance: null, spawns: [], boot };
  // Whatever ran before the reboot is gone.
  const spawns = before.boot === boot ? before.spawns : [];
  switch (record.is) {
    case "instance":
      return { name, boot, spawns, instance: record.instance };
    case "spawn":
      return { ...before, boot, spawns: noted(spawns, record) };
    case "gone":
      return { ...before, boot, spawns: spawns.filter(({ attempt }) => record.tree !== "all" && attempt !== record.tree) };
    case "entry":
      return { name, boot, instance: record.instance, spawns: record.spawns };
    case "forgotten":
      return undefined;
  }
}

export interface ReadJournal {
  readonly entries: Map<string, JournalEntry>;
  /** One for each line that was skipped. */
  readonly faults: readonly string[];
  /** Bytes up to the end of the last whole line: what follows is a record whose writer died, and nobody relied on it. */
  readonly whole: number;
}

/** Reads a journal in the boot with this id: processes of earlier ones are left out. */
export function readJournal(bytes: Buffer, bootId: string): ReadJournal {
  const entries = new Map<string, JournalEntry>();
  const faults: string[] = [];
  let start = 0;
  for (let number = 1; ; number++) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) break;
    if (end > start) {
      const record = parseRecord(bytes.subarray(start, end));
      if (typeof record === "string") faults.push(`line ${number}: ${record}`);
      else put(entries, record);
    }
    start = end + 1;
  }
  for (const entry of entries.values()) if (entry.boot !== bootId) entries.set(entry.name, { ...entry, spawns: [] });
  return { entries, faults, whole: start };
}

function put(entries: Map<string, JournalEntry>, record: JournalRecord): void {
  const entry = applyRecord(entries.get(record.name), record);
  if (entry === undefined) entries.delete(record.name);
  else entries.set(record.name, entry);
}

/** The record, or what is wrong with it. */
function parseRecord(line: Uint8Array): JournalRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(line));
  } catch {
    return "is no JSON";
  }
  if (!isObject(value) || typeof value.is !== "string" || !Object.hasOwn(shapes, value.is)) return "is no record that this version knows";
  const fault = shapes[value.is as JournalRecord["is"]](value);
  return fault === undefined ? (value as JournalRecord) : `record${fault}`;
}

/** Where the output begins is told once, before the start. */
function noted(spawns: readonly SpawnNote[], { attempt, what, identity, outputAt }: SpawnNote): readonly SpawnNote[] {
  const before = spawns.find((note) => note.attempt === attempt && note.what === what);
  const others = spawns.filter((note) => note !== before);
  return [...others, { ...before, attempt, what, identity, ...(outputAt === undefined ? {} : { outputAt }) }].slice(-MOST_SPAWNS);
}

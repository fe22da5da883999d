/** Turns a plan into the buffer that native/plan.h describes. */
import { signalNumber } from "../values/signals.ts";
import type { Plan, Step, Text } from "./steps.ts";

const MAGIC = 0x314e4c50;
const HEADER_SIZE = 16;
const STEP_SIZE = 56;
const PID_SLOT = 12;
/** Bytes that texts and lists need at first. */
const DATA_SIZE = 2048;

/** enum plan_op, in its order. */
const OPS = [
  "fork",
  "setsid",
  "setpgid",
  "ignoreSignal",
  "defaultSignals",
  "signalMask",
  "chdir",
  "chroot",
  "umask",
  "setLimit",
  "nice",
  "ioPriority",
  "scheduler",
  "oomScore",
  "joinCgroup",
  "setGroups",
  "setGid",
  "setUid",
  "noNewPrivileges",
  "dumpable",
  "parentDeathSignal",
  "closeFdsFrom",
  "openAt",
  "dup",
  "writePid",
  "pidVariable",
  "exec",
] as const satisfies readonly Step["op"][];

interface Operands {
  readonly text?: number;
  readonly numbers?: readonly (number | bigint)[];
  readonly list?: List;
  readonly list2?: List;
}

interface List {
  readonly offset: number;
  readonly count: number;
}

/** The encoded plan. Throws a TypeError for a text with a NUL byte in it. */
export function encode(plan: Plan): Uint8Array {
  const data = new DataArea(HEADER_SIZE + plan.length * STEP_SIZE);
  const records = plan.map((step) => operands(step, data));
  const bytes = data.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, bytes.byteLength, true);
  view.setUint32(8, plan.length, true);
  plan.forEach(({ op }, index) => {
    writeRecord(view, HEADER_SIZE + index * STEP_SIZE, OPS.indexOf(op) + 1, records[index] ?? {});
  });
  return bytes;
}

/** Into bytes that are zero. By hand: the first launch of a process runs this before it was compiled. */
function writeRecord(view: DataView, at: number, op: number, { text = 0, numbers, list, list2 }: Operands): void {
  view.setUint32(at, op, true);
  view.setUint32(at + 4, text, true);
  if (numbers !== undefined) {
    for (let index = 0; index < numbers.length; index++) setInt64(view, at + 8 + index * 8, numbers[index] ?? 0);
  }
  if (list !== undefined) writeList(view, at + 40, list);
  if (list2 !== undefined) writeList(view, at + 48, list2);
}

function writeList(view: DataView, at: number, { offset, count }: List): void {
  view.setUint32(at, offset, true);
  view.setUint32(at + 4, count, true);
}

function setInt64(view: DataView, at: number, number: number | bigint): void {
  if (typeof number === "bigint") {
    view.setBigInt64(at, BigInt.asIntN(64, number), true);
    return;
  }
  view.setInt32(at, number | 0, true);
  view.setInt32(at + 4, Math.floor(number / 2 ** 32), true);
}

function operands(step: Step, data: DataArea): Operands {
  switch (step.op) {
    case "fork":
    case "setsid":
    case "defaultSignals":
    case "noNewPrivileges":
      return {};
    case "setpgid":
      return { numbers: [step.group] };
    case "ignoreSignal":
    case "parentDeathSignal":
      return { numbers: [signalNumber(step.signal)] };
    case "signalMask":
      return { numbers: [step.blocked.reduce((mask, signal) => mask | (1n << BigInt(signalNumber(signal) - 1)), 0n)] };
    case "chdir":
    case "chroot":
    case "joinCgroup":
      return { text: data.text(step.path) };
    case "umask":
      return { numbers: [step.mask] };
    case "setLimit":
      return { numbers: [step.resource, step.soft, step.hard] };
    case "nice":
    case "oomScore":
      return { numbers: [step.value] };
    case "ioPriority":
    case "scheduler":
      return { numbers: [step.policy, step.level] };
    case "setGroups":
      return { list: data.list(step.gids) };
    case "setGid":
    case "setUid":
      return { numbers: [step.id] };
    case "dumpable":
      return { numbers: [step.on ? 1 : 0] };
    case "closeFdsFrom":
      return { numbers: [step.lowest, step.onExec ? 1 : 0], list: data.list(step.except) };
    case "openAt":
      return {
        text: data.text(step.path),
        numbers: [step.fd, openFlags(step), step.mode, expectedFile(step)],
        list: data.list(step.owners ?? []),
      };
    case "dup":
      return { numbers: [step.from, step.to] };
    case "writePid":
      return { numbers: [step.fd] };
    case "pidVariable":
      return { text: data.pidSlot(step.name) };
    case "exec":
      return { text: data.text(step.file), list: data.texts(step.argv), list2: data.environment(step.env) };
  }
}

type OpenStep = Extract<Step, { op: "openAt" }>;

/** enum plan_file. */
function expectedFile(step: OpenStep): number {
  if (isNullDevice(step)) return 1;
  return step.owners === undefined ? 0 : 2;
}

function isNullDevice({ path }: OpenStep): boolean {
  return path === "/dev/null";
}

function openFlags(step: OpenStep): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_TRUNC } = FILE_FLAGS;
  // A missing null device is an error, not a file to fill the disk with.
  const O_CREAT = isNullDevice(step) ? 0 : FILE_FLAGS.O_CREAT;
  const { open, truncate } = step;
  switch (open) {
    case "r":
      return O_RDONLY;
    case "rw":
      return O_RDWR;
    case "w":
      return O_WRONLY | O_CREAT | (truncate ? O_TRUNC : 0);
    case "a":
      return O_WRONLY | O_CREAT | O_APPEND | (truncate ? O_TRUNC : 0);
  }
}

/** Linux on x86-64 and arm64 agree on these; node:fs would be loaded for nothing else. */
const FILE_FLAGS = { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 0o100, O_TRUNC: 0o1000, O_APPEND: 0o2000 } as const;

/** Texts and lists, behind the room for the step records: a launch holds up its caller for as long as this takes. */
class DataArea {
  readonly #pidVariables: { readonly name: string; readonly offset: number }[] = [];
  /** Zeros from `#end` on. */
  #bytes: Buffer;
  #end: number;

  constructor(start: number) {
    this.#bytes = Buffer.alloc(start + DATA_SIZE);
    this.#end = start;
  }

  text(text: Text): number {
    if (typeof text !== "string") {
      if (text.includes(0)) throw hasNul(Buffer.from(text).toString());
      return this.#put(text);
    }
    if (text.includes("\0")) throw hasNul(text);
    // What UTF-16 needs for it is never more than three times that in UTF-8.
    const offset = this.#take(0, 3 * text.length + 1);
    this.#end += this.#bytes.write(text, offset) + 1;
    return offset;
  }

  list(numbers: readonly number[]): List {
    this.#end += (4 - (this.#end % 4)) % 4;
    const size = 4 * numbers.length;
    const offset = this.#take(size, size);
    for (let index = 0; index < numbers.length; index++) this.#bytes.writeUInt32LE(numbers[index] ?? 0, offset + 4 * index);
    return { offset, count: numbers.length };
  }

  texts(texts: readonly Text[]): List {
    return this.list(texts.map((text) => this.text(text)));
  }

  /** Room for "NAME=pid"; the offset is that of the digits. */
  pidSlot(name: string): number {
    const offset = this.text(`${name}=`);
    // The NUL behind the text is the first byte of the slot.
    this.#take(PID_SLOT - 1, PID_SLOT - 1);
    this.#pidVariables.push({ name, offset });
    return offset + Buffer.byteLength(name) + 1;
  }

  /** The environment, in which the pid variables take the place of inherited ones. */
  environment(env: readonly Text[]): List {
    const isOurs = (entry: Text) => {
      const text = typeof entry === "string" ? entry : Buffer.from(entry).toString("latin1");
      return this.#pidVariables.some(({ name }) => text.startsWith(`${name}=`));
    };
    const inherited = this.#pidVariables.length === 0 ? env : env.filter((entry) => !isOurs(entry));
    const offsets = inherited.map((entry) => this.text(entry));
    return this.list([...offsets, ...this.#pidVariables.map(({ offset }) => offset)]);
  }

  /** The records' room, then the data, then a NUL, so that no text can run past the end. */
  finish(): Uint8Array {
    this.#take(1, 1);
    return this.#bytes.subarray(0, this.#end);
  }

  /** Leaves a NUL byte behind it. */
  #put(bytes: Uint8Array): number {
    const offset = this.#take(bytes.byteLength + 1, bytes.byteLength + 1);
    this.#bytes.set(bytes, offset);
    return offset;
  }

  /** Where `size` bytes are to stand, with room for `room`. */
  #take(size: number, room: number): number {
    const offset = this.#end;
    if (offset + room > this.#bytes.length) {
      const larger = Buffer.alloc(2 * (offset + room));
      this.#bytes.copy(larger, 0, 0, offset);
      this.#bytes = larger;
    }
    this.#end += size;
    return offset;
  }
}

function hasNul(text: string): TypeError {
  return new TypeError(`a NUL byte can't be passed on: ${JSON.stringify(text)}`);
}

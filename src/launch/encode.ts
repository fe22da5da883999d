/** Turns a plan into the buffer that native/plan.h describes. */
import { signalNumber } from "../values/signals.ts";
import type { Plan, Step, Text } from "./steps.ts";

const MAGIC = 0x314e4c50;
const HEADER_SIZE = 16;
const STEP_SIZE = 56;
const PID_SLOT = 12;

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
  const records = plan.map((step) => [OPS.indexOf(step.op) + 1, operands(step, data)] as const);
  const bytes = data.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  [MAGIC, bytes.byteLength, plan.length].forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  records.forEach(([op, operand], index) => {
    writeRecord(view, HEADER_SIZE + index * STEP_SIZE, op, operand);
  });
  return bytes;
}

function writeRecord(view: DataView, at: number, op: number, { text = 0, numbers = [], list, list2 }: Operands): void {
  view.setUint32(at, op, true);
  view.setUint32(at + 4, text, true);
  numbers.forEach((number, index) => {
    view.setBigInt64(at + 8 + index * 8, BigInt.asIntN(64, BigInt(number)), true);
  });
  [list?.offset, list?.count, list2?.offset, list2?.count].forEach((word, index) => {
    view.setUint32(at + 40 + index * 4, word ?? 0, true);
  });
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

/** Texts and lists behind the step records. Copied once, at the end: a launch holds up its caller for as long as this takes. */
class DataArea {
  readonly #chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #pidVariables: { readonly name: string; readonly offset: number }[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  text(text: Text): number {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    if (bytes.includes(0)) throw new TypeError(`a NUL byte can't be passed on: ${JSON.stringify(Buffer.from(bytes).toString())}`);
    return this.#append(bytes, 1);
  }

  list(numbers: readonly number[]): List {
    this.#end += (4 - (this.#end % 4)) % 4;
    const words = Uint32Array.from(numbers);
    return { offset: this.#append(new Uint8Array(words.buffer)), count: numbers.length };
  }

  texts(texts: readonly Text[]): List {
    return this.list(texts.map((text) => this.text(text)));
  }

  /** Room for "NAME=pid"; the offset is that of the digits. */
  pidSlot(name: string): number {
    const offset = this.#append(Buffer.from(`${name}=`), PID_SLOT);
    this.#pidVariables.push({ name, offset });
    return offset + Buffer.byteLength(name) + 1;
  }

  /** The environment, in which the pid variables take the place of inherited ones. */
  environment(env: readonly Text[]): List {
    const inherited = env.filter(
      (entry) => !this.#pidVariables.some(({ name }) => Buffer.from(entry).toString("latin1").startsWith(`${name}=`)),
    );
    const offsets = inherited.map((entry) => this.text(entry));
    return this.list([...offsets, ...this.#pidVariables.map(({ offset }) => offset)]);
  }

  /** The records' room, then the data, then a NUL, so that no text can run past the end. */
  finish(): Uint8Array {
    const whole = Buffer.alloc(this.#end + 1);
    for (const { offset, bytes } of this.#chunks) whole.set(bytes, offset);
    return whole;
  }

  /** Leaves `zeros` NUL bytes behind it. */
  #append(bytes: Uint8Array, zeros = 0): number {
    const offset = this.#end;
    this.#chunks.push({ offset, bytes });
    this.#end += bytes.byteLength + zeros;
    return offset;
  }
}

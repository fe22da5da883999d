/**
 * What the first run of a program hands to the second one, which is the daemon:
 * a channel to report on, and a memory file. A variable of the environment names
 * both. It is removed when this module is loaded, so that no child of the daemon
 * takes itself for the daemon; the launcher confirms the pid on the channel.
 */
import { closeSync, fstatSync, readlinkSync, readSync, writeSync } from "node:fs";
import { type DaemonErrorFields, isSystemError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import type { Starter } from "./startedBy.ts";

export const HANDOFF_VARIABLE = "DAEMONITOR_HANDOFF";

/** Known to the launcher before the launch. */
export interface Inheritance {
  readonly pidFile: { readonly fd: number; readonly path: string } | undefined;
  /** Standard error is a memory file until the daemon is ready, so that its last words can be told. */
  readonly memoryStderr: boolean;
  /** Who started the launcher: it can't be told from the daemon any more. */
  readonly starter: Starter;
  /** Made by v8.serialize. */
  readonly state: Uint8Array | undefined;
}

/** What the daemon tells its launcher, in one packet. */
export type Report = { readonly is: "ready" } | { readonly is: "failed"; readonly error: DaemonErrorFields };

const MEMORY_NAME = "daemonitor-handoff";

/** A packet must fit the socket's buffer, whatever an error's text holds. */
const MOST_TEXT = 8192;

/** How far createDaemon has come in this process. It can be called once: the daemon would make a daemon of itself again. */
export interface Progress {
  handoff: Handoff | undefined;
  stage: "called" | "daemon" | undefined;
}

/** Shared by every copy of this module in a process: one that finds no mark would start yet another daemon. */
const SHARED = Symbol.for("daemonitor.progress");
const shared = globalThis as { [SHARED]?: Progress };

/** The daemon's end. */
export class Handoff {
  readonly #channel: number;
  readonly inheritance: Inheritance;
  #open = true;

  constructor(channel: number, memory: number) {
    native().setCloseOnExec(channel, true);
    this.#channel = channel;
    this.inheritance = decode(readWhole(memory));
    closeSync(memory);
  }

  /** Whether the launcher means this very process. One that is gone can't say no. */
  isForUs(): boolean {
    const packet = native().receive(this.#channel, true);
    return packet === null || packet.length === 0 || Buffer.from(packet).toString() === String(process.pid);
  }

  /** Tells the launcher, which may be gone. False where it was told something before. */
  report(report: Report): boolean {
    if (!this.#open) return false;
    this.#open = false;
    try {
      native().send(
        this.#channel,
        Buffer.from(JSON.stringify(report, (_, value: unknown) => (typeof value === "string" ? value.slice(0, MOST_TEXT) : value))),
      );
    } catch (error) {
      if (!isSystemError(error)) throw error;
    } finally {
      closeSync(this.#channel);
    }
    return true;
  }
}

export function progress(): Progress {
  shared[SHARED] ??= { handoff: claim(), stage: undefined };
  return shared[SHARED];
}

/** Writes what the second run will read. */
export function writeInheritance({ state, ...rest }: Inheritance): number {
  const head = Buffer.from(`${JSON.stringify(rest)}\n`);
  const memory = native().memoryFile(MEMORY_NAME);
  for (const part of [head, state ?? Buffer.alloc(0)]) {
    for (let written = 0; written < part.length; ) written += writeSync(memory, part, written, part.length - written, null);
  }
  return memory;
}

/** The position is at the end, where the launcher wrote last. */
function readWhole(fd: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let read = 0; read < bytes.length; ) read += readSync(fd, bytes, read, bytes.length - read, read);
  return bytes;
}

function decode(bytes: Buffer): Inheritance {
  const end = bytes.indexOf(0x0a);
  const rest = JSON.parse(bytes.toString("utf8", 0, end)) as Omit<Inheritance, "state">;
  const state = bytes.subarray(end + 1);
  return { ...rest, state: state.length === 0 ? undefined : state };
}

function claim(): Handoff | undefined {
  const mark = process.env[HANDOFF_VARIABLE];
  if (mark === undefined) return undefined;
  delete process.env[HANDOFF_VARIABLE];
  const [channel, memory] = mark.split(",").map(Number);
  return channel !== undefined && memory !== undefined && areOurs(channel, memory) ? new Handoff(channel, memory) : undefined;
}

/** A mark without its descriptors was inherited from somebody else, and what has their numbers here is none of our business. */
function areOurs(channel: number, memory: number): boolean {
  try {
    return fstatSync(channel).isSocket() && readlinkSync(`/proc/self/fd/${memory}`).startsWith(`/memfd:${MEMORY_NAME}`);
  } catch {
    return false;
  }
}

progress();

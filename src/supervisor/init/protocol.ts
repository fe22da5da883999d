/** What init and the supervisor say to each other. Numbers and layouts are those of native/init_protocol.h. */
import type { Plan } from "../../launch/steps.ts";

export const VERSION = 1;
export const ANSWER = 0x8000;
/** Where a plan finds the descriptors of its spawn: the first one is 64. */
export const FIRST_SLOT = 64;
export const SLOTS = 64;

export const REQUEST = {
  hello: 1,
  spawn: 2,
  signal: 3,
  list: 4,
  acknowledgeExit: 5,
  acknowledgeEvents: 6,
  hold: 7,
  release: 8,
  rename: 9,
  setLog: 10,
  closeLog: 11,
  adopt: 12,
  listHeld: 14,
  statistics: 15,
  forward: 16,
  shutdown: 17,
  limitLog: 18,
  listLogs: 19,
} as const;

export type RequestName = keyof typeof REQUEST;

export const EVENT = { hello: 0x4001, exited: 0x4002, orphan: 0x4003, notify: 0x4004, log: 0x4005, signal: 0x4006 } as const;

/** What init says first. */
export interface InitHello {
  readonly version: number;
  readonly mostBytes: number;
  /** A bit for each thing that this init can do. */
  readonly capabilities: bigint;
  readonly pid: number;
  /** Of init, in clock ticks after boot: with the pid, its identity. */
  readonly startTime: bigint;
  readonly firstSlot: number;
  readonly slots: number;
  /** How many supervisors there were before this one. */
  readonly restarts: number;
  /** The wait status of the one before; 0 for the first. */
  readonly lastStatus: number;
  /** Limit of descriptors that programs are started with (init's own is raised): [soft, hard]. */
  readonly files: readonly [bigint, bigint];
}

/** The kernel's account of a process that was reaped, getrusage(2). Its descendants that it waited for are in it. */
export interface Usage {
  /** Microseconds. */
  readonly userTime: number;
  readonly systemTime: number;
  /** The most it had, in KB. */
  readonly maxResident: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly blocksIn: number;
  readonly blocksOut: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** A line of init's table. */
export interface ProcessRecord {
  /** The name that init gives this process; never given again by this init. */
  readonly serial: number;
  readonly key: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; 0 where /proc is not mounted. */
  readonly startTime: bigint;
  readonly adopted: boolean;
  /** Milliseconds since 1970. */
  readonly spawnedAt: number;
  /** Undefined while it runs. */
  readonly exit: ExitRecord | undefined;
}

export interface ExitRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A wait status, as wait(2) encodes it; undefined where the kernel can't tell. */
  readonly status: number | undefined;
  /** Undefined for an adopted process that had another parent. */
  readonly usage: Usage | undefined;
}

interface Numbered {
  /** For acknowledgeEvents(); events that were not acknowledged come again after a restart of the supervisor. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface OrphanEvent extends Numbered {
  readonly kind: "orphan";
  readonly pid: number;
  readonly status: number;
}

export interface NotifyEvent extends Numbered {
  readonly kind: "notify";
  /** The held socket that it came in on. */
  readonly socket: string;
  /** Of the sender, vouched for by the kernel. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** The sender's session at that moment, 0 where it was gone already. */
  readonly session: number;
  readonly data: Uint8Array;
}

export const LOG_EVENTS = ["switched", "truncated", "removed", "blocked", "unblocked", "reached", "ended", "limited"] as const;

export interface LogEvent extends Numbered {
  readonly kind: "log";
  /**
   * switched: writing goes on in the new file, and `offset` is the old one's size; truncated, removed: by somebody else;
   * blocked: the disk takes nothing, for the reason `errno`; reached: the size to tell of; ended: the pipe of process `serial`
   * has lost its last writer; limited: all that was granted is written, and the rest waits.
   */
  readonly what: (typeof LOG_EVENTS)[number];
  readonly log: number;
  readonly name: string;
  readonly errno: number;
  readonly offset: number;
  /** Bytes that went through this log, whatever file they are in. */
  readonly written: number;
  readonly serial: number;
  /** Of a switch: the inode of the new file. */
  readonly inode: number;
  /** Since the disk was full, where a log that drops is written again. */
  readonly dropped: Dropped;
}

export interface Dropped {
  readonly bytes: number;
  readonly lines: number;
}

export interface SignalEvent extends Numbered {
  readonly kind: "signal";
  readonly signal: number;
  /** Of the sender; 0 for the kernel, or for one outside our pid namespace. */
  readonly pid: number;
}

export type InitEvent = OrphanEvent | NotifyEvent | LogEvent | SignalEvent;

/** Where a slot's descriptor comes from: slot 64 for the first of them, and so on. */
export type SpawnDescriptor =
  /** A new pipe, read-write, pumped into a log. */
  | { readonly pipe: number }
  /** One that init holds. */
  | { readonly held: string }
  /** One of ours. */
  | { readonly fd: number };

export interface SpawnRequest {
  readonly key: string;
  /** Begins with a fork. Finds its descriptors in slots. */
  readonly plan: Plan;
  readonly descriptors?: readonly SpawnDescriptor[];
  /** Who owns the pipes, so that the program can open /dev/stdout: its user, where it has one of its own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface Started {
  readonly serial: number;
  readonly pid: number;
  readonly startTime: bigint;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds that init was held up by the launch plan. */
  readonly blocked: number;
}

export interface LogRequest {
  /** Shown in lists and events. */
  readonly name: string;
  /** A regular file, opened "r+" without O_APPEND. Stays the caller's to close. */
  readonly fd: number;
  /** The log that is to go on in this file; without it there is a new log. */
  readonly log?: number;
  /** A size in bytes to tell of, once. */
  readonly tellAt?: number;
  /** Bytes that may be written in all, whatever file they are in; null (default) for any number. */
  readonly granted?: number | null;
  /** On a full disk, rather than to let the service wait. Default false. */
  readonly drops?: boolean;
  /** Bytes until a line is cut. Default 1 MiB. */
  readonly lineLimit?: number;
  /** Milliseconds until the file is changed in the middle of a line. Default 5 000. */
  readonly deadline?: number;
}

/** What can be changed of a log while it goes on in the same file. */
export interface LogLimits {
  readonly tellAt: number;
  readonly granted: number | null;
  readonly drops: boolean;
}

export interface LogState {
  readonly log: number;
  readonly name: string;
  readonly pipes: number;
  /** Why its pipes wait, or 0. */
  readonly errno: number;
  readonly switching: boolean;
  /** It drops what comes, since the disk is full. */
  readonly dropping: boolean;
  /** All that was granted is written. */
  readonly limited: boolean;
  /** Where the file goes on. */
  readonly offset: number;
  readonly written: number;
  /** Of the file, and of the one to go on in after the next line end (0: none). */
  readonly device: number;
  readonly inode: number;
  readonly nextInode: number;
  /** Since the log was made. */
  readonly dropped: Dropped;
}

export interface HeldDescriptor {
  readonly name: string;
  readonly notify: boolean;
}

export interface AdoptRequest {
  readonly key: string;
  readonly pid: number;
  /** Of the process that is meant: ESRCH if the number is another one's by now. */
  readonly startTime: bigint;
  /** Read ends of its pipes, opened by way of /proc/PID/fd. Stay the caller's to close. */
  readonly pipes: readonly { readonly fd: number; readonly log: number }[];
}

export const STATISTICS = [
  "processes",
  "spawned",
  "exited",
  "orphans",
  "logs",
  "pipes",
  "held",
  "pumped",
  "restarts",
  "eventsDropped",
  "notifyDropped",
  "logBytesDropped",
  "logLinesDropped",
] as const;

export type Statistics = Readonly<Record<(typeof STATISTICS)[number], number>>;

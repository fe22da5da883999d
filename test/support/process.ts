/** What a process is, read from /proc: the outside view that every daemon test takes. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { type Limit, readLimits } from "./limits.ts";

export interface Descriptor {
  readonly target: string;
  /** Flags of open(2), as fdinfo shows them; O_CLOEXEC (0o2000000) included. */
  readonly flags: number;
}

export interface Inspected {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly sid: number;
  /** 0 where there is no controlling terminal. */
  readonly ttyNr: number;
  readonly nice: number;
  /** Clock ticks after boot: with the pid, the identity of the process. */
  readonly startTime: bigint;
  readonly cwd: string;
  readonly root: string;
  readonly exe: string;
  readonly umask: number;
  readonly sigIgn: bigint;
  readonly sigBlk: bigint;
  readonly sigCgt: bigint;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly noNewPrivs: boolean;
  readonly oomScoreAdj: number;
  readonly fds: ReadonlyMap<number, Descriptor>;
  readonly limits: Readonly<Record<string, Limit>>;
  readonly environ: readonly string[];
  readonly cmdline: readonly string[];
}

/** Everything that a daemon test checks about a live process. Throws ENOENT or ESRCH where there is none. */
export function inspect(pid: number): Inspected {
  const stat = readStat(pid);
  const status = readStatus(pid);
  const numbers = (key: string, base = 10) => {
    const words = (status.get(key) ?? "").split(/\s+/).filter((word) => word !== "");
    return words.map((word) => Number.parseInt(word, base));
  };
  const mask = (key: string) => BigInt(`0x${status.get(key) ?? "missing"}`);
  const link = (name: string) => readlinkSync(`/proc/${pid}/${name}`);
  return {
    pid,
    ...stat,
    cwd: link("cwd"),
    root: link("root"),
    exe: link("exe"),
    umask: numbers("Umask", 8)[0] ?? Number.NaN,
    sigIgn: mask("SigIgn"),
    sigBlk: mask("SigBlk"),
    sigCgt: mask("SigCgt"),
    uids: numbers("Uid"),
    gids: numbers("Gid"),
    groups: numbers("Groups"),
    noNewPrivs: status.get("NoNewPrivs") === "1",
    oomScoreAdj: Number(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8")),
    fds: readDescriptors(pid),
    limits: readLimits(pid),
    environ: readList(pid, "environ").map(String),
    cmdline: readList(pid, "cmdline").map(String),
  };
}

/** The fields of /proc/PID/stat. The name may hold blanks and parentheses, so the last one counts. */
export function readStat(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    ppid: field(4),
    pgrp: field(5),
    sid: field(6),
    ttyNr: field(7),
    nice: field(19),
    /** On a processor. */
    ticks: field(14) + field(15),
    startTime: BigInt(fields[19] ?? 0),
  };
}

/** The entries of "environ" or "cmdline" as bytes, for what is not UTF-8. */
export function readList(pid: number, file: "environ" | "cmdline"): Buffer[] {
  const bytes = readFileSync(`/proc/${pid}/${file}`);
  const list: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul === -1 ? bytes.length : nul;
    list.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return list;
}

/** Whether a signal is in a mask of {@link Inspected}. */
export function hasSignal(mask: bigint, name: NodeJS.Signals): boolean {
  return ((mask >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
}

/** Whether a process runs. A zombie doesn't. */
export function isAlive(pid: number): boolean {
  try {
    return !["Z", "X"].includes(readStat(pid).state);
  } catch {
    return false;
  }
}

/** Every pid in this pid namespace. */
export function allPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** The scheduling class and level that ionice(1) reports, such as "best-effort: prio 7" or "idle". */
export function ioPriority(pid: number): string {
  return execFileSync("ionice", ["-p", String(pid)], { encoding: "utf8" }).trim();
}

function readStatus(pid: number): Map<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, "latin1").split("\n");
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

function readDescriptors(pid: number): Map<number, Descriptor> {
  const fds = new Map<number, Descriptor>();
  for (const fd of readdirSync(`/proc/${pid}/fd`).map(Number)) {
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))?.[1];
      fds.set(fd, { target: readlinkSync(`/proc/${pid}/fd/${fd}`), flags: Number.parseInt(flags ?? "", 8) });
    } catch (error) {
      // Closed between the listing and this look, as the descriptor of the listing itself always is.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return fds;
}

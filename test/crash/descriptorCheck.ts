/** Descriptors of init and the supervisor: each is one that a living process explains, or was there from the beginning. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { relative } from "node:path";
import type { Expected } from "./model.ts";
import { type Scanned, unlessGone } from "./scan.ts";

export interface Descriptor {
  readonly fd: number;
  /** What readlink(2) says: "pipe:[123]", "/a/path", "anon_inode:[eventpoll]". */
  readonly target: string;
  /** Of a pidfd: its process, -1 when that is gone. */
  readonly pid: number | undefined;
}

export function readDescriptors(pid: number): Descriptor[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    const target = unlessGone(() => readlinkSync(`/proc/${pid}/fd/${name}`));
    if (target === undefined) return [];
    const info = target.includes("pidfd") ? unlessGone(() => readFileSync(`/proc/${pid}/fdinfo/${name}`, "latin1")) : undefined;
    const number = /^Pid:\s*(-?\d+)/m.exec(info ?? "")?.[1];
    return [{ fd: Number(name), target, pid: number === undefined ? undefined : Number(number) }];
  });
}

export interface Explanations {
  readonly processes: readonly Scanned[];
  readonly services: readonly Expected[];
  /** Directory of the logs. */
  readonly log: string;
}

/** By kind; each as "fd 7 (socket:[123])". */
export type Unexplained = ReadonlyMap<string, readonly string[]>;

/**
 * Those that nobody's life explains. A process explains one end of its output pipe and one pidfd; an instance
 * its open log; one that notifies a socket. What is left is what they have for themselves, and never grows: pure.
 */
export function unexplained(descriptors: readonly Descriptor[], { processes, services, log }: Explanations): Unexplained {
  const pipes = new Set(processes.map(({ output }) => output));
  const pids = new Set(processes.map(({ pid }) => pid));
  const logs = new Set(
    services
      .filter(({ exists }) => exists)
      .flatMap(({ name, instances }) => Array.from({ length: instances }, (_, number) => `${log}/${name}/${number}.log`)),
  );
  const notifying = new Set(services.filter(({ kind }) => kind.notifies).map(({ name }) => name));
  let sockets = new Set(
    processes.filter(({ instance }) => notifying.has(instance.slice(0, instance.lastIndexOf("/")))).map(({ instance }) => instance),
  ).size;
  const left = new Map<string, string[]>();
  for (const { fd, target, pid } of descriptors) {
    // Each explains one: a second one of the same is left over.
    if (pipes.delete(target) || logs.delete(target) || (pid !== undefined && pids.delete(pid))) continue;
    if (target.startsWith("socket:") && sockets-- > 0) continue;
    const kind = kindOf(target, pid, log);
    left.set(kind, [...(left.get(kind) ?? []), `fd ${fd} (${pid === undefined ? target : `of process ${pid}`})`]);
  }
  return left;
}

/** What is there more, or less, than at the beginning. */
export function descriptorProblems(who: string, before: ReadonlyMap<string, number>, now: Unexplained): string[] {
  const kinds = [...new Set([...before.keys(), ...now.keys()])].sort();
  return kinds.flatMap((kind) => {
    const [was, is] = [before.get(kind) ?? 0, now.get(kind) ?? []];
    if (is.length === was) return [];
    const which = is.length > 12 ? "" : `: ${is.join(", ")}`;
    return [`${who} has ${is.length} descriptors of ${kind} that nothing explains, and had ${was}${which}`];
  });
}

function kindOf(target: string, pid: number | undefined, log: string): string {
  if (pid !== undefined) return pid < 0 ? "a process that is gone" : "a process";
  const name = /^(pipe|socket):/.exec(target)?.[1];
  if (name !== undefined) return `a ${name}`;
  return target.startsWith(log) ? `the log ${relative(log, target)}` : target;
}

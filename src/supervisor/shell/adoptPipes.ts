/**
 * The log pipes of processes that an earlier init started, opened again by way of /proc/PID/fd. Ours is told from any other
 * pipe by being open for reading and writing: a pipe of pipe(2) never is, and reading from one of those would rob its reader.
 */
import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { readProcFile } from "../../launch/procFile.ts";
import type { Identity } from "../events.ts";
import type { OpenLogs } from "./instanceLogs.ts";
import { unlessGone } from "./unlessGone.ts";

export interface AdoptedPipes {
  readonly list: readonly { readonly fd: number; readonly log: number }[];
  close(): void;
}

/** PROTOCOL_MAX_PIPES of init's protocol. */
const MOST_PIPES = 4;

/** Each pipe once, whoever of the processes has it. */
export function adoptPipes(processes: readonly Identity[], log: Pick<OpenLogs, "out" | "err">): AdoptedPipes {
  const found = new Map<string, { fd: number; log: number }>();
  for (const { pid } of processes) {
    for (const descriptor of [1, 2]) {
      const link = pipeAt(pid, descriptor);
      if (link === undefined || found.has(link) || found.size === MOST_PIPES) continue;
      const fd = openPipe(pid, descriptor);
      if (fd !== undefined) found.set(link, { fd, log: descriptor === 2 && log.err !== null ? log.err : log.out });
    }
  }
  const list = [...found.values()];
  const close = () => {
    for (const { fd } of list) closeSync(fd);
  };
  return { list, close };
}

/** "pipe:[123]" where it is one of ours. */
function pipeAt(pid: number, descriptor: number): string | undefined {
  const link = unlessGone(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  if (link?.startsWith("pipe:") !== true) return undefined;
  const info = readProcFile(`/proc/${pid}/fdinfo/${descriptor}`);
  if (typeof info === "string") return undefined;
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info.toString("latin1"))?.[1] ?? "0", 8);
  return (flags & 0o3) === constants.O_RDWR ? link : undefined;
}

/** A read end of the log pipe that a process has there; undefined where it has none. */
export function openLogPipe(pid: number, descriptor: 1 | 2): number | undefined {
  return pipeAt(pid, descriptor) === undefined ? undefined : openPipe(pid, descriptor);
}

function openPipe(pid: number, descriptor: number): number | undefined {
  return unlessGone(() => openSync(`/proc/${pid}/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK));
}

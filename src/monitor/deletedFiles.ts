/**
 * Files that were deleted and are still open: they take space that du(1) can't see, until who has them open closes them.
 * Looked for among the descriptors of instances, a bounded number of them at a time.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Deleted } from "./fileSystems.ts";

export interface Holder {
  readonly owner: string;
  readonly pid: number;
}

const SUFFIX = " (deleted)";
/** They are memory, and of no file system that could be full. */
const NO_FILES = /^\/(?:memfd:|SYSV|dev\/zero|\[aio\])/;
/** Descriptors that are looked at without a pause. */
const AT_ONCE = 2000;
/** Files that are told of, the largest. */
const MOST = 1000;

/** Ends early where `isOver` says so. @returns largest first */
export async function findDeleted(holders: readonly Holder[], isOver: () => boolean = () => false): Promise<readonly Deleted[]> {
  const found = new Map<string, Deleted>();
  let looked = 0;
  for (const { owner, pid } of holders) {
    for (const fd of descriptorsOf(pid)) {
      if (++looked % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      if (isOver()) return [];
      const link = `/proc/${pid}/fd/${fd}`;
      const path = deletedPath(link);
      const file = path === undefined ? undefined : await sizeOf(link);
      if (path === undefined || file === undefined || file.bytes === 0) continue;
      // Several descriptors, and processes, may have the same one: its space is taken once.
      const { device, inode, bytes } = file;
      if (!found.has(`${device} ${inode}`)) found.set(`${device} ${inode}`, { instance: owner, pid, path, size: bytes, device });
    }
  }
  return [...found.values()].sort((one, other) => other.size - one.size).slice(0, MOST);
}

function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function deletedPath(link: string): string | undefined {
  try {
    const target = readlinkSync(link);
    return target.endsWith(SUFFIX) && target.startsWith("/") && !NO_FILES.test(target) ? target.slice(0, -SUFFIX.length) : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where it is no regular file, or has a name after all: one may end in " (deleted)". */
async function sizeOf(link: string): Promise<{ readonly device: string; readonly inode: number; readonly bytes: number } | undefined> {
  try {
    const { dev, ino, nlink, blocks, mode } = await stat(link);
    const isFile = (mode & 0o170000) === 0o100000;
    return isFile && nlink === 0 ? { device: deviceName(dev), inode: ino, bytes: blocks * 512 } : undefined;
  } catch {
    return undefined;
  }
}

/** "8:1", as mountinfo has it: see makedev(3). */
export function deviceName(device: number): string {
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

/** What to do about a step that failed, where there is something to say. */

const NEEDS_ROOT = { EPERM: "run as root, or leave it out" } as const;
const PAST_THE_HARD_LIMIT = "only root may go past the hard limit";
const PROCESS_LIMIT = "a process limit is reached: raise `ulimit -u` or the cgroup's pids.max, or try again later";
const NO_SPACE = "free some space and try again";

/** By step, then by errno's name. */
const HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fork: { EAGAIN: PROCESS_LIMIT },
  "fork again": { EAGAIN: PROCESS_LIMIT },
  chdir: { ENOENT: "create the directory or name another one" },
  chroot: NEEDS_ROOT,
  setLimit: { EPERM: PAST_THE_HARD_LIMIT },
  nice: { EPERM: PAST_THE_HARD_LIMIT, EACCES: PAST_THE_HARD_LIMIT },
  setGroups: NEEDS_ROOT,
  setGid: NEEDS_ROOT,
  setUid: { ...NEEDS_ROOT, ENOTRECOVERABLE: "capabilities survived that would let the program become root again: drop them" },
  openAt: {
    ENODEV: "it is not the null device (character device 1:3): mend it with mknod",
    ELOOP: "it is a symbolic link, and those are not followed to where output goes: name the file that it leads to",
    EMLINK: "the file has other names (hard links): remove them, or name another file",
    EPERM: "the file is another user's, or marked immutable: name another one, or let the shell open it and use `inherit`",
    ENXIO: "nobody reads from this FIFO: start its reader first",
  },
  dup: { EBADF: "it is not open" },
  exec: {
    E2BIG: "pass less on the command line or in the environment",
    ENOEXEC: 'give the file a first line such as "#!/bin/sh", or name its interpreter',
    ENOENT: "check the name, or give the whole path",
    EACCES: "make it executable with chmod +x",
  },
};

/** @param code errno's name */
export function hintFor(step: string, code: string): string | undefined {
  return HINTS[step]?.[code] ?? (code === "ENOSPC" || code === "EDQUOT" ? NO_SPACE : undefined);
}

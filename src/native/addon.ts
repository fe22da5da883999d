/**
 * Loads the native addon and gives it types. Everything the addon does is a
 * thin call into the kernel or libc; decisions stay on this side.
 */
import { existsSync } from "node:fs";

/** What a failed native call throws: `errno` is positive, `message` is strerror(3). */
export interface SystemError extends Error {
  readonly errno: number;
  readonly syscall: string;
}

/** What became of a launch plan. `step` is the index of the first step that failed. */
export interface PlanOutcome {
  /** Pid of the process that went through `exec`; 0 when none did, or for a plan without `fork`. */
  readonly pid: number;
  /** A pidfd of that process (close-on-exec), or -1 where the kernel has none to give. */
  readonly pidfd: number;
  /** Index of the step that failed, or -1. */
  readonly step: number;
  /** errno of that step, or 0. */
  readonly errno: number;
  /** Nanoseconds that the calling thread was held up. */
  readonly blocked: bigint;
}

export interface UserRecord {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** One sd_notify datagram, with the credentials that the kernel vouches for. */
export interface NotifyMessage {
  readonly data: Uint8Array;
  readonly pid: number;
  readonly uid: number;
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Native {
  /** Runs an encoded launch plan (see launch/encode.ts). Throws RangeError for a malformed one. */
  runPlan(plan: Uint8Array): PlanOutcome;

  /** flock(2). Returns false where somebody else holds the lock; throws other errors. */
  flock(fd: number, operation: "exclusive" | "shared" | "unlock"): boolean;
  /** fcntl(F_DUPFD_CLOEXEC): a copy of `fd` at `least` or above, close-on-exec. */
  duplicate(fd: number, least: number): number;
  /** dup2(2) without close-on-exec. */
  duplicateTo(from: number, to: number): void;
  setCloseOnExec(fd: number, on: boolean): void;
  /** memfd_create(2), close-on-exec. */
  memoryFile(name: string): number;
  /** socketpair(AF_UNIX, SOCK_SEQPACKET), close-on-exec. */
  socketPair(): [number, number];
  /** pipe2(2), close-on-exec: [read end, write end]. */
  pipe(): [number, number];
  /** One packet out, never SIGPIPE. */
  send(fd: number, data: Uint8Array): void;
  /** One packet in: empty at end of file, null where `wait` is false and none is there. */
  receive(fd: number, wait: boolean): Uint8Array | null;
  /** Bytes with descriptors over a stream socket, never waiting: how many bytes went, the descriptors with the first; 0 where it is full. */
  sendRights(socket: number, data: Uint8Array, fds: readonly number[]): number;

  /** poll(2) for reading, in this thread. Returns the indexes that are ready; [] after `timeout` ms (-1: none). */
  poll(fds: readonly number[], timeout: number): number[];
  /** The same in a thread of its own. `cancel` makes it resolve with []. */
  pollAsync(fds: readonly number[], timeout: number): { readonly done: Promise<number[]>; cancel(): void };

  /** pidfd_open(2), close-on-exec. */
  openPidfd(pid: number): number;
  /** pidfd_send_signal(2); signal 0 asks whether it lives. False for ESRCH. */
  signalPidfd(pidfd: number, signal: number): boolean;
  /** pidfd_getfd(2): a copy of a descriptor of another process, close-on-exec. Throws EBADF, ESRCH, EPERM where ptrace(2) is not permitted. */
  takeDescriptor(pidfd: number, fd: number): number;
  /** PIDFD_GET_INFO with PIDFD_INFO_EXIT (Linux 6.15): the wait status, or null where the kernel can't tell. */
  exitStatusOf(pidfd: number): number | null;

  /**
   * A bound abstract datagram socket with SO_PASSCRED; `address` is as NOTIFY_SOCKET wants it ("@…"). With an address, that very
   * one: throws EADDRINUSE where somebody has it, EINVAL for one that isn't abstract, ENAMETOOLONG.
   */
  notifySocket(address?: string): { readonly fd: number; readonly address: string };
  /** The next datagram, or null where none waits. */
  receiveNotify(fd: number): NotifyMessage | null;
  /** Sends one datagram to a unix socket (path, or "@name"), with descriptors attached. */
  sendDatagram(address: string, data: Uint8Array, fds: readonly number[]): void;

  /**
   * A listening TCP socket, close-on-exec, blocking as sd_listen_fds(3) users expect. `host` is numeric, IPv6 without
   * brackets; "::" takes IPv4 as well. Throws EADDRINUSE, EADDRNOTAVAIL, EACCES (a port below 1024) …
   */
  listenTcp(host: string, port: number, backlog: number): number;
  /** The same for UDP. */
  bindUdp(host: string, port: number): number;
  /** A listening unix socket. The file has `mode` less the umask from its first moment; throws EADDRINUSE where anything is at `path`. */
  listenUnix(path: string, mode: number, backlog: number): number;
  /** A connection, which doesn't block. Throws ECONNREFUSED where nobody listens, EAGAIN where the listener is busy. */
  connectUnix(path: string): number;
  /** SO_PEERCRED: who is at the other end; of the listening end, who called listen(2). pid 0 is one that this pid namespace can't see. */
  peerCredentials(fd: number): PeerCredentials;

  /** The environment block as bytes: one "NAME=value" each, as setenv(3) left it. */
  environment(): Uint8Array[];
  /** getpwnam(3) for a name, getpwuid(3) for a number; null where there is none. */
  user(nameOrUid: string | number): UserRecord | null;
  /** getgrnam(3); null where there is none. */
  group(name: string): number | null;
  /** getgrouplist(3). */
  groupsOf(user: string, gid: number): number[];
  /** prlimit(2) of a process, 0 for this one, as [soft, hard]; -1 is unlimited. Resources are numbered as in <sys/resource.h>. */
  limit(resource: number, pid: number): [number, number];

  strerror(errno: number): string;
  /** _exit(2): no exit handlers, nothing flushed. */
  exitNow(code: number): never;
  /** malloc_trim(3): what libc keeps of memory that was freed goes back to the kernel. Nothing where libc is another one. */
  releaseMemory(): void;
  /** madvise(2), MADV_DONTNEED, from `begin` to `end` (exclusive), addresses of this process. Only for what was never written to: all else is lost. */
  forgetPages(begin: number, end: number): void;
}

let loaded: Native | undefined;

/** The addon, loaded at first use. */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

/** Path of the program that is the parent of everything the supervisor runs. */
export function initProgram(): string {
  return findBuilt("daemonitor-init");
}

function load(): Native {
  const path = findBuilt("daemonitor.node");
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports as Native;
}

/** A package carries prebuilt binaries beside its bundle; a checkout builds its own, which is the newer one where both are. */
function findBuilt(name: string): string {
  const here = import.meta.dirname;
  const root = here.endsWith("/dist") ? `${here}/..` : `${here}/../..`;
  const candidates = [`${root}/build/${name}`, `${root}/prebuilds/${process.platform}-${process.arch}/${name}`];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      `daemonitor has no native part for ${process.platform}-${process.arch}: in a checkout run "npm run build:native"; otherwise install on Linux x64 or arm64 with glibc`,
    );
  }
  return found;
}

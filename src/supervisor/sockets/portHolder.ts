/** Who holds a port, as far as this user may see: the socket's inode is in /proc/net, and among the descriptors of its process. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** TCP_LISTEN of <net/tcp_states.h>, and the state of a UDP socket that is bound only. */
const STATES = { tcp: "0A", udp: "07" } as const;

/** The first by pid of those that hold it; undefined where none can be seen. */
export function findPortHolder(kind: "tcp" | "udp", port: number): PortHolder | undefined {
  const inodes = new Set([...inodesOf(read(`/proc/net/${kind}`), kind, port), ...inodesOf(read(`/proc/net/${kind}6`), kind, port)]);
  if (inodes.size === 0) return undefined;
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const pid = pids.sort((one, other) => one - other).find((each) => holds(each, inodes));
  return pid === undefined ? undefined : { pid, name: read(`/proc/${pid}/comm`).trim() || "?" };
}

/** Columns as in proc_pid_net(5): "sl local_address rem_address st … inode". */
export function inodesOf(table: string, kind: "tcp" | "udp", port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1]?.endsWith(wanted) && row[3] === STATES[kind]).map((row) => row[9] ?? "");
}

function holds(pid: number, inodes: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(directory), []).some((fd) => {
    const [, inode = ""] = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`${directory}/${fd}`), "")) ?? [];
    return inodes.has(inode);
  });
}

function read(path: string): string {
  return attempt(() => readFileSync(path, "latin1"), "");
}

/** Processes come and go, some can't be looked at, and a kernel may lack IPv6: this only makes an error message better. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

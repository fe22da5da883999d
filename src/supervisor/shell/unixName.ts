/** The name that a unix socket is bound to: getsockname(2) by way of /proc/net/unix, since an inherited one comes without. */
import { fstatSync, readFileSync } from "node:fs";

/** A path, or "@name" for an abstract one; undefined for what is no unix socket, or bound to no name. */
export function unixName(fd: number): string | undefined {
  const inode = String(fstatSync(fd).ino);
  const table = readFileSync("/proc/net/unix", "utf8");
  for (const line of table.split("\n")) {
    // Num RefCount Protocol Flags Type St Inode Path
    const [, found, name] = /^\S+ \S+ \S+ \S+ \S+ \S+ +(\d+) (.+)$/s.exec(line) ?? [];
    if (found === inode) return name;
  }
  return undefined;
}

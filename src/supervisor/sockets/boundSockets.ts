/**
 * Which sockets are bound to an address, by inode: what /proc/PID/fd/N shows as "socket:[INODE]". Listening ones, and those of
 * UDP. Only of our network namespace.
 *
 *   await boundSockets({ kind: "tcp", host: "127.0.0.1", port: 8080 });   // ["41527"]
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { endianness } from "node:os";
import type { SocketAddress } from "../../values/address.ts";
import { resolveHost } from "./inetSocket.ts";
import { inodesOf } from "./portHolder.ts";

/** __SO_ACCEPTCON of <linux/net.h>. */
const LISTENS = 0x1_0000;

/** @throws DaemonError where the host is a name that has no address */
export async function boundSockets(address: SocketAddress): Promise<readonly string[]> {
  if (address.kind === "unix") return unixInodes(readFileSync("/proc/net/unix", "utf8"), address.path);
  const { kind, port } = address;
  const host = await resolveHost(address);
  const table = `/proc/net/${kind}${isIP(host) === 4 ? "" : "6"}`;
  const rows = readFileSync(table, "latin1")
    .split("\n")
    .filter((row) => isSameHost(row.trim().split(/\s+/)[1], host));
  return inodesOf(rows.join("\n"), kind, port);
}

/** Columns: Num RefCount Protocol Flags Type St Inode Path. */
export function unixInodes(table: string, path: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [, flags = "0", inode = "", name] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/s.exec(line) ?? [];
    return name === path && (Number.parseInt(flags, 16) & LISTENS) !== 0 ? [inode] : [];
  });
}

function isSameHost(address: string | undefined, host: string): boolean {
  const hex = address?.split(":")[0] ?? "";
  return /^(?:[\dA-F]{8}|[\dA-F]{32})$/i.test(hex) && hostOf(hex) === canonical(host);
}

/** From words of 32 bits, each as the processor has it: "0100007F" is 127.0.0.1. */
export function hostOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = Buffer.concat(
    words.map((word) => {
      const four = Buffer.from(word, "hex");
      return endianness() === "LE" ? four.reverse() : four;
    }),
  );
  if (bytes.length === 4) return bytes.join(".");
  return canonical((bytes.toString("hex").match(/.{4}/g) ?? []).join(":"));
}

/** One spelling for each address; without a zone, which is no part of these tables. */
function canonical(host: string): string {
  return isIP(host) === 4 ? host : new URL(`http://[${host.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
}

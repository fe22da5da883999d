import { isIP } from "node:net";
import { given, ValueError } from "./valueError.ts";

/** Host and port. The host is an IP address (IPv6 without brackets) or a name. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What a listening socket is bound to. */
export type SocketAddress = ({ readonly kind: "tcp" | "udp" } & HostPort) | { readonly kind: "unix"; readonly path: string };

/** sun_path holds 108 bytes, the NUL at the end among them: unix(7). */
const LONGEST_UNIX_PATH = 107;

/**
 * A port (then on 127.0.0.1), or "host:port"; IPv6 in brackets.
 *
 * @throws ValueError for anything else
 * @example
 * parseHostPort("[::1]:8080"); // { host: "::1", port: 8080 }
 */
export function parseHostPort(value: unknown): HostPort {
  const text = typeof value === "number" ? String(value) : value;
  const [, bracketed, host, port] = (typeof text === "string" && /^(?:(?:\[([^\]]+)\]|([^:[\]/\s]+)):)?(\d{1,5})$/.exec(text)) || [];
  const number = Number(port ?? Number.NaN);
  const name = bracketed ?? host ?? "127.0.0.1";
  if (number >= 1 && number <= 65535 && isHost(name, bracketed !== undefined)) return { host: name, port: number };
  throw new ValueError(`${given(value)} is not a port from 1 to 65535, nor a host and port such as "127.0.0.1:8080" or "[::1]:8080"`);
}

/**
 * The address of a listening socket: "tcp://host:port", "udp://host:port" or "unix:///path".
 *
 * @throws ValueError for anything else
 * @example
 * parseSocketAddress("unix:///run/web.sock"); // { kind: "unix", path: "/run/web.sock" }
 */
export function parseSocketAddress(value: unknown): SocketAddress {
  const [, kind, rest = ""] = (typeof value === "string" && /^(tcp|udp|unix):\/\/(.+)$/s.exec(value)) || [];
  if (kind === "unix") return { kind, path: unixPath(rest) };
  const ending = /:\d{1,5}$/.test(rest);
  if ((kind !== "tcp" && kind !== "udp") || !ending) {
    throw new ValueError(`${given(value)} is not an address such as "tcp://127.0.0.1:8080", "udp://[::]:53" or "unix:///run/web.sock"`);
  }
  return { kind, ...parseHostPort(rest) };
}

/** An address as {@link parseSocketAddress} reads it. */
export function formatSocketAddress(address: SocketAddress): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  return `${address.kind}://${formatHostPort(address)}`;
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether only this machine can reach it.
 *
 * @example
 * isLoopback("127.0.0.1"); // true; "127.evil.example" is a name like any other
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether the second bind(2) of the two would fail with EADDRINUSE. A wildcard takes the port of every address. */
export function collide(one: SocketAddress, other: SocketAddress): boolean {
  if (one.kind === "unix" || other.kind === "unix")
    return one.kind === other.kind && "path" in one && "path" in other && one.path === other.path;
  if (one.kind !== other.kind || one.port !== other.port) return false;
  return sameHost(one.host, other.host) || takes(one.host, other.host) || takes(other.host, one.host);
}

function takes(wildcard: string, host: string): boolean {
  if (wildcard === "::") return true;
  return wildcard === "0.0.0.0" && isIP(host) !== 6;
}

function sameHost(one: string, other: string): boolean {
  const plain = (host: string) => (host.toLowerCase() === "localhost" ? "127.0.0.1" : host.toLowerCase());
  return plain(one) === plain(other);
}

function isHost(host: string, bracketed: boolean): boolean {
  if (bracketed) return isIP(host.replace(/%.*$/, "")) === 6;
  return isIP(host) === 4 || (/^(?!-)[a-z0-9._-]{1,253}$/i.test(host) && !/^[\d.]+$/.test(host));
}

function unixPath(path: string): string {
  if (!path.startsWith("/")) throw new ValueError(`${given(path)} is a relative path: write "unix:///" and the path from the root`);
  if (path.includes("\0") || path.endsWith("/")) throw new ValueError(`${given(path)} can't be the path of a socket`);
  const bytes = Buffer.byteLength(path);
  if (bytes > LONGEST_UNIX_PATH) {
    throw new ValueError(`${given(path)} has ${bytes} bytes, and the path of a socket may have ${LONGEST_UNIX_PATH}`);
  }
  return path;
}

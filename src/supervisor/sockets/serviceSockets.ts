/**
 * Opens the listening sockets of a service, which then outlive its processes.
 *
 *   const opened = await openSockets(spec.sockets);                    // all or none
 *   for (const { name, fd } of opened) { await client.hold(`${spec.name}.${name}`, fd); closeSync(fd); }
 *   … pass them in this order as 3, 4 …, with LISTEN_FDS and LISTEN_FDNAMES …
 *   await client.release(…); removeSocketFile(address);                // the service is deleted, and nothing of it is left
 *
 * They block: systemd's do, and programs that take them over expect it. O_NONBLOCK belongs to the socket, not to the
 * process, so a Node service that has set it leaves it set for the next one; to take it back would stop an instance that still runs.
 */
import { closeSync } from "node:fs";
import type { SocketAddress } from "../../values/address.ts";
import { openInetSocket } from "./inetSocket.ts";
import { openUnixSocket, removeUnixSocket, type UnixFile } from "./unixSocket.ts";

export interface OpenedSocket {
  readonly name: string;
  readonly address: SocketAddress;
  /** Close-on-exec, and the caller's to close. */
  readonly fd: number;
}

export interface SocketOptions extends UnixFile {
  /** Connections that may wait to be accepted. The kernel cuts it to net.core.somaxconn. Default 4 096, as in systemd. */
  readonly backlog?: number;
}

const BACKLOG = 4096;

/**
 * In the order given. Where one can't be opened, those before it are closed, and their files removed.
 *
 * @throws DaemonError: the address is in use (its `hint` says by whom, as far as can be seen), or can't be had
 * @example
 * await openSockets({ http: { kind: "tcp", host: "127.0.0.1", port: 8080 } }); // [{ name: "http", fd: 21, … }]
 */
export async function openSockets(sockets: Readonly<Record<string, SocketAddress>>, options: SocketOptions = {}): Promise<OpenedSocket[]> {
  const opened: OpenedSocket[] = [];
  try {
    for (const [name, address] of Object.entries(sockets)) opened.push({ name, address, fd: await openSocket(address, options) });
  } catch (error) {
    for (const { fd, address } of opened) {
      closeSync(fd);
      removeSocketFile(address);
    }
    throw error;
  }
  return opened;
}

/** One of them. */
export async function openSocket(address: SocketAddress, options: SocketOptions = {}): Promise<number> {
  const backlog = options.backlog ?? BACKLOG;
  return address.kind === "unix" ? openUnixSocket(address.path, backlog, options) : openInetSocket(address, backlog);
}

/** Removes the file of a unix socket that nobody listens on any more: close all its descriptors before. True where there was one to remove. */
export function removeSocketFile(address: SocketAddress): boolean {
  return address.kind === "unix" && removeUnixSocket(address.path);
}

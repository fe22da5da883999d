/** Listening sockets of TCP, bound ones of UDP. */
import { isIP } from "node:net";
import { constants } from "node:os";
import { DaemonError, EXIT, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { formatSocketAddress, type SocketAddress } from "../../values/address.ts";
import { findPortHolder } from "./portHolder.ts";

type InetAddress = Extract<SocketAddress, { readonly kind: "tcp" | "udp" }>;

const STEP = "listen";
const { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN } = constants.errno;

/** A name gets the first of its addresses, IPv4 before IPv6. */
export async function openInetSocket(address: InetAddress, backlog: number): Promise<number> {
  const { kind, port } = address;
  const subject = formatSocketAddress(address);
  const host = await resolveHost(address);
  try {
    return kind === "tcp" ? native().listenTcp(host, port, backlog) : native().bindUdp(host, port);
  } catch (error) {
    throw DaemonError.from(error, STEP, subject, isSystemError(error) ? hintFor(error.errno, address) : undefined);
  }
}

/** Its address, where it is a name. @throws DaemonError EADDRNOTAVAIL, EAGAIN */
export async function resolveHost(address: InetAddress): Promise<string> {
  const { host } = address;
  const subject = formatSocketAddress(address);
  if (isIP(host.replace(/%.*$/, "")) !== 0) return host;
  try {
    const { lookup } = await import("node:dns/promises");
    return (await lookup(host, { order: "ipv4first" })).address;
  } catch (cause) {
    const temporary = cause instanceof Error && "code" in cause && cause.code === "EAI_AGAIN";
    const fields = temporary
      ? { code: "EAGAIN", errno: EAGAIN, strerror: "the name can't be looked up now", exitCode: EXIT.temporary }
      : { code: "EADDRNOTAVAIL", errno: EADDRNOTAVAIL, strerror: "the name has no address", exitCode: EXIT.configuration };
    throw new DaemonError({ step: STEP, subject, ...fields, hint: "write an address such as 127.0.0.1 instead" }, { cause });
  }
}

function hintFor(errno: number, { kind, port }: InetAddress): string | undefined {
  switch (errno) {
    case EADDRINUSE: {
      const holder = findPortHolder(kind, port);
      if (holder !== undefined) return `process ${holder.pid} (${holder.name}) holds it: stop that, or choose another port`;
      return "another program holds it (run as root to see which): stop that, or choose another port";
    }
    case EADDRNOTAVAIL:
      return "no interface of this machine has this address";
    case EAFNOSUPPORT:
      return "this machine has no IPv6: write an address of IPv4";
    case EACCES:
      return "ports below 1024 need root or CAP_NET_BIND_SERVICE";
    default:
      return undefined;
  }
}

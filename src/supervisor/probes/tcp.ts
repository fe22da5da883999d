/** Passes where a port accepts a connection. */
import { connect, type Socket } from "node:net";
import { formatHostPort, type HostPort } from "../../values/address.ts";
import { describeFailure } from "./describeFailure.ts";
import type { Try } from "./probe.ts";

/** A name with several addresses passes when one of them does. */
export function tryTcp(target: HostPort): Try {
  return (signal) => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    if (signal.aborted) return Promise.resolve("given up");
    const socket = connect({ host: target.host, port: target.port });
    const abort = () => settle("given up");
    const settle = (why: string | null) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(why === null ? null : `${formatHostPort(target)}: ${why}`);
    };
    signal.addEventListener("abort", abort, { once: true });
    // Stays attached: an error may still come after destroy().
    socket.on("error", (error) => settle(describeFailure(error)));
    socket.on("connect", () => settle(isItself(socket) ? "nobody listens" : null));
    return promise;
  };
}

/**
 * Where the port is one of those that the kernel gives to clients, a client may get that very port as its own, and TCP's
 * simultaneous open then connects it with itself. Whoever tries often enough sees that.
 */
export function isItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

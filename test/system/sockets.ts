/** Clients of the servers that are tested, and addresses for them to listen on. */
import { get } from "node:http";
import { connect, createServer, type NetConnectOpts } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * A loopback address that nobody uses: the kernel chooses the port. The host is this process's own, so that
 * nobody who asks for a free port between our closing it and the server's binding it is given the same.
 */
export function freeAddress(): Promise<Address> {
  const host = `127.${100 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve({ host, port }));
    });
  });
}

/** Connects once, sends `text`, and resolves to the first bytes of the answer. Rejects where nobody listens. */
export function ask(to: NetConnectOpts, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(to, () => socket.write(text));
    socket.setTimeout(15_000, () => socket.destroy(new Error("no answer within 15 s")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
}

export interface Response {
  readonly status: number | undefined;
  readonly body: string;
}

/** GET on a connection of its own. `onStart` is called with the first bytes of the answer's head. */
export function fetchOnce({ host, port }: Address, path = "/", onStart: () => void = () => {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path, agent: false, timeout: 15_000 }, (response) => {
      onStart();
      let body = "";
      response.setEncoding("latin1");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 15 s")));
    request.on("error", reject);
  });
}

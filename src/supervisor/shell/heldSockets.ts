/**
 * The listening sockets of services. Init holds them, so that they outlive the supervisor; a copy of ours is for the next
 * init, should this one die.
 *
 *   const sockets = new ServiceSockets(client, inherited.held);
 *   await sockets.open(spec);                  // [{ name: "http", held: "socket/web/…" }]
 *   await sockets.close("web");                // it was deleted
 */
import { closeSync } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { formatSocketAddress, type SocketAddress } from "../../values/address.ts";
import type { Identity } from "../events.ts";
import type { InitClient } from "../init/initClient.ts";
import { openSockets, removeSocketFile } from "../sockets/serviceSockets.ts";
import { takeSocket } from "../sockets/takeSocket.ts";
import { heldName, parseHeldName } from "./heldName.ts";
import { unixName } from "./unixName.ts";

export interface HeldSocket {
  /** As LISTEN_FDNAMES has it. */
  readonly name: string;
  /** Init's name of it. */
  readonly held: string;
}

type Client = Pick<InitClient, "hold" | "release">;
type Asked = Pick<ServiceSpec, "name" | "sockets">;

const KIND = "socket";

export class ServiceSockets {
  readonly #client: Client;
  /** By init's name. */
  readonly #descriptors = new Map<string, number>();
  /** Files of sockets that were closed while a process still listened on them, by service. */
  readonly #files = new Map<string, Set<string>>();
  readonly #turns = new Map<string, Promise<unknown>>();

  /** @param inherited what init held for the supervisor before, by its names; those of sockets are taken over */
  constructor(client: Client, inherited: ReadonlyMap<string, number>) {
    this.#client = client;
    for (const [name, fd] of inherited) if (name.startsWith(`${KIND}/`)) this.#descriptors.set(name, fd);
  }

  /** All that are open, by init's name, for an init that takes over. They stay ours to close. */
  get descriptors(): ReadonlyMap<string, number> {
    return this.#descriptors;
  }

  /** Services that have any open, as far as their names can be told. */
  get services(): ReadonlySet<string> {
    return new Set([...this.#descriptors.keys()].flatMap((held) => serviceOf(held) ?? []));
  }

  isOpen(service: string, socket: string): boolean {
    const wanted = digest(socket);
    return [...this.#descriptors.keys()].some((held) => {
      const [, of, name] = parseHeldName(held) ?? [];
      return of === service && name === wanted;
    });
  }

  /**
   * In the order of the specification; what is open already stays as it is. One whose address has changed is closed first, and
   * so is one that isn't asked for any more.
   *
   * @throws DaemonError where one can't be had: then those that were opened for this call are closed again
   */
  open(spec: Asked): Promise<readonly HeldSocket[]> {
    const wanted = Object.entries(spec.sockets).map(([name, address]) => ({ name, address, held: nameOf(spec.name, name, address) }));
    return this.#inTurn(spec.name, async () => {
      await this.#closeAll(spec.name, new Set(wanted.map(({ held }) => held)));
      const missing = wanted.filter(({ held }) => !this.#descriptors.has(held));
      if (missing.length > 0) await this.#openAll(missing);
      return wanted.map(({ name, held }) => ({ name, held }));
    });
  }

  /**
   * Takes those that are not open any more from a process that was given them: who held them for us was killed.
   *
   * @throws DaemonError EPERM, EACCES where the kernel doesn't permit that: they are open for as long as the process has them
   */
  regain(spec: Asked, process: Identity): Promise<void> {
    return this.#inTurn(spec.name, async () => {
      for (const [name, address] of Object.entries(spec.sockets)) {
        const held = nameOf(spec.name, name, address);
        const fd = this.#descriptors.has(held) ? undefined : await takeSocket(process, address);
        if (fd !== undefined) await this.#hold(held, fd);
      }
    });
  }

  /** Closes all of a service, and removes their files. Processes that still listen keep theirs. */
  close(service: string): Promise<void> {
    return this.#inTurn(service, () => this.#closeAll(service, new Set()));
  }

  /** Resolves when what was begun for these services is done. */
  async settled(services: Iterable<string>): Promise<void> {
    for (const service of services) await this.#turns.get(service)?.catch(() => undefined);
  }

  async #openAll(missing: readonly { readonly name: string; readonly address: SocketAddress; readonly held: string }[]): Promise<void> {
    const opened = await openSockets(Object.fromEntries(missing.map(({ name, address }) => [name, address])));
    const left = opened.map(({ name, address, fd }) => ({ fd, address, held: missing.find((one) => one.name === name)?.held ?? "" }));
    try {
      for (let first = left[0]; first !== undefined; first = left[0]) {
        await this.#client.hold(first.held, first.fd);
        this.#descriptors.set(first.held, first.fd);
        left.shift();
      }
    } finally {
      for (const { fd, address } of left) {
        closeSync(fd);
        removeSocketFile(address);
      }
    }
  }

  async #hold(held: string, fd: number): Promise<void> {
    try {
      await this.#client.hold(held, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#descriptors.set(held, fd);
  }

  async #closeAll(service: string, but: ReadonlySet<string>): Promise<void> {
    const files = this.#files.get(service) ?? new Set();
    for (const [held, fd] of [...this.#descriptors]) {
      if (but.has(held) || serviceOf(held) !== service) continue;
      const path = unixName(fd);
      await release(this.#client, held);
      this.#descriptors.delete(held);
      closeSync(fd);
      if (path?.startsWith("/")) files.add(path);
    }
    // An old process may still listen on it: then it is tried again at the next opening or closing.
    for (const path of files) if (removeSocketFile({ kind: "unix", path })) files.delete(path);
    if (files.size > 0) this.#files.set(service, files);
    else this.#files.delete(service);
  }

  /** One call after the other for each service: its instances start at the same time. */
  async #inTurn<T>(service: string, act: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(service) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(act);
    this.#turns.set(service, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(service) === turn) this.#turns.delete(service);
    }
  }
}

/** Init may have lost it already. */
export async function release(client: Pick<InitClient, "release">, held: string): Promise<void> {
  try {
    await client.release(held);
  } catch (error) {
    if (!(error instanceof DaemonError && error.code === "ENOENT")) throw error;
  }
}

/** With the address in it, so that the next supervisor knows what an inherited one is bound to. Both may be long. */
function nameOf(service: string, socket: string, address: SocketAddress): string {
  return heldName(KIND, service, digest(socket), digest(formatSocketAddress(address)));
}

function digest(text: string): string {
  // Loaded with the first service that has sockets: a megabyte.
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("base64url").slice(0, 8);
}

function serviceOf(held: string): string | undefined {
  return parseHeldName(held)?.[1];
}

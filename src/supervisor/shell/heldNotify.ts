/**
 * Notification sockets (sd_notify): one for each attempt, so that nobody speaks for another, received by init, so that no
 * word is lost while there is no supervisor.
 *
 *   environment.NOTIFY_SOCKET = await notify.open("web/0", 3);
 *   client.on("event", (event) => event.kind === "notify" && notify.parse(event.socket));   // { instance: "web/0", attempt: 3 }
 */
import { closeSync } from "node:fs";
import { errnoName, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import type { InitClient } from "../init/initClient.ts";
import { heldName, parseHeldName } from "./heldName.ts";
import { release } from "./heldSockets.ts";
import { unixName } from "./unixName.ts";

export interface Addressee {
  /** "web/0" */
  readonly instance: string;
  readonly attempt: number;
}

type Client = Pick<InitClient, "hold" | "release">;

const KIND = "notify";

export class NotifySockets {
  readonly #client: Client;
  /** By init's name. Init alone receives on them. */
  readonly #descriptors = new Map<string, number>();

  /** @param inherited what init held for the supervisor before, by its names; those of this kind are taken over */
  constructor(client: Client, inherited: ReadonlyMap<string, number>) {
    this.#client = client;
    for (const [name, fd] of inherited) if (name.startsWith(`${KIND}/`)) this.#descriptors.set(name, fd);
  }

  /** All that are open, by init's name, for an init that takes over. They stay ours to close. */
  get descriptors(): ReadonlyMap<string, number> {
    return this.#descriptors;
  }

  /**
   * What to put into NOTIFY_SOCKET. An attempt that has one keeps it.
   *
   * @throws DaemonError where init can't hold one more
   */
  async open(instance: string, attempt: number): Promise<string> {
    const name = nameOf(instance, attempt);
    const known = this.#descriptors.get(name);
    const address = known === undefined ? undefined : unixName(known);
    if (address !== undefined) return address;
    const made = native().notifySocket();
    await this.#hold(name, made.fd);
    return made.address;
  }

  /**
   * Opens the socket of an attempt again that both init and the supervisor have lost, by the address that its process was
   * given (NOTIFY_SOCKET in /proc/PID/environ).
   *
   * Abstract names belong to nobody: while both were dead, any process of this machine may have taken this one. It would then
   * hear what the service says, but could not speak for it; and a false here is what tells of it.
   *
   * @param address "@…"
   * @returns false where another has the name, or it is no abstract one: the service can't be heard any more
   */
  async reopen(instance: string, attempt: number, address: string): Promise<boolean> {
    const name = nameOf(instance, attempt);
    if (this.#descriptors.has(name)) return true;
    if (!/^@./s.test(address)) return false;
    try {
      await this.#hold(name, native().notifySocket(address).fd);
      return true;
    } catch (error) {
      if (isSystemError(error) && ["EADDRINUSE", "EINVAL", "ENAMETOOLONG"].includes(errnoName(error.errno))) return false;
      throw error;
    }
  }

  async close(instance: string, attempt: number): Promise<void> {
    const name = nameOf(instance, attempt);
    const fd = this.#descriptors.get(name);
    if (fd === undefined) return;
    this.#descriptors.delete(name);
    closeSync(fd);
    await release(this.#client, name);
  }

  /** Whose socket it is, from init's name of it. */
  parse(held: string): Addressee | undefined {
    const [kind, service, number, attempt, more] = parseHeldName(held) ?? [];
    if (kind !== KIND || attempt === undefined || more !== undefined || !/^\d+$/.test(attempt)) return undefined;
    return { instance: `${service}/${number}`, attempt: Number(attempt) };
  }

  async #hold(name: string, fd: number): Promise<void> {
    try {
      await this.#client.hold(name, fd, { notify: true });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const before = this.#descriptors.get(name);
    if (before !== undefined) closeSync(before);
    this.#descriptors.set(name, fd);
  }
}

function nameOf(instance: string, attempt: number): string {
  const slash = instance.lastIndexOf("/");
  return heldName(KIND, instance.slice(0, slash), instance.slice(slash + 1), String(attempt));
}

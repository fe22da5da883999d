/**
 * Runs hooks and the commands of probes through init, as the service's user, and tells how they ended.
 *
 *   const commands = new Commands(client);
 *   client.on("exited", (record) => commands.exited(record) || …);     // its own; acknowledging is left to the caller
 *   await commands.run(spec, { key: "web/0#3:beforeStart", …context }, signal);
 *
 * What a hook writes is in the log of its instance, as what the service itself writes; what a probe's command writes is part
 * of the result: `logs` of the context says which.
 */
import { DaemonError } from "../../launch/errors.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { signalName } from "../../values/signals.ts";
import type { InitClient } from "../init/initClient.ts";
import type { ProcessRecord } from "../init/protocol.ts";
import type { CommandEnd } from "../probes/probe.ts";
import { identityOf } from "../tree/identity.ts";
import { composeLaunch, type LaunchContext } from "./composeLaunch.ts";
import { killCommand } from "./killCommand.ts";
import { OutputPipe } from "./outputPipe.ts";

export interface CommandContext extends LaunchContext {
  /** Init's name of the process: "web/0#3:beforeStart", "web/0#3:ready". Its last word is in the mark as well. */
  readonly key: string;
}

type Client = Pick<InitClient, "spawn">;

interface Running {
  readonly record: Promise<ProcessRecord>;
  readonly ended: (record: ProcessRecord) => void;
  /** Init's name and the pid, once they are known. */
  serial: number | undefined;
  pid: number | undefined;
}

const EBUSY = 16;

export class Commands {
  readonly #client: Client;
  /** By init's key. */
  readonly #running = new Map<string, Running>();
  readonly #pids = new Set<number>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Of the commands that run; not of what those have started. */
  get pids(): ReadonlySet<number> {
    return this.#pids;
  }

  /**
   * Resolves when it has ended. When `signal` is aborted, it and all that it started are killed first. `output` is the end of
   * what it wrote, unless that went to init's logs (`logs` of the context).
   *
   * @throws DaemonError it can't be started, or one of this key runs still; InitError where init is gone
   */
  async run(spec: ServiceSpec, context: CommandContext, signal: AbortSignal): Promise<CommandEnd> {
    signal.throwIfAborted();
    const running = this.#enter(context.key);
    const pipe = context.logs === null ? new OutputPipe() : undefined;
    const hook = hookOf(context);
    try {
      const launch = composeLaunch(spec, { ...context, hook, logs: pipe === undefined ? context.logs : { fd: pipe.writeEnd } });
      const started = await this.#client.spawn({ key: context.key, ...launch });
      this.#started(running, started);
      pipe?.startReading();
      const record = await untilEnded(running.record, signal, () => killCommand({ ...context, hook }, identityOf(started)));
      return { ...endOf(record), ...(pipe === undefined ? {} : { output: pipe.take() }) };
    } finally {
      this.#leave(context.key, running);
      pipe?.close();
    }
  }

  /** Takes the exit of a command; false for any other. Its record is the caller's to acknowledge then. */
  exited(record: ProcessRecord): boolean {
    const running = this.#running.get(record.key);
    // Init may tell of the end before we have read that it was started.
    if (running === undefined || (running.serial !== undefined && running.serial !== record.serial)) return false;
    running.ended(record);
    return true;
  }

  #enter(key: string): Running {
    if (this.#running.has(key)) throw DaemonError.fromErrno("command", EBUSY, key, "the one before has to end first");
    const { promise, resolve } = Promise.withResolvers<ProcessRecord>();
    const running: Running = { record: promise, ended: resolve, serial: undefined, pid: undefined };
    this.#running.set(key, running);
    return running;
  }

  #started(running: Running, { serial, pid }: { readonly serial: number; readonly pid: number }): void {
    running.serial = serial;
    running.pid = pid;
    this.#pids.add(pid);
  }

  #leave(key: string, { pid }: Running): void {
    this.#running.delete(key);
    if (pid !== undefined) this.#pids.delete(pid);
  }
}

/** Waits for its end. Aborted, it is killed, and its end waited for still. */
async function untilEnded(record: Promise<ProcessRecord>, signal: AbortSignal, kill: () => Promise<void>): Promise<ProcessRecord> {
  const aborted = Promise.withResolvers<"aborted">();
  const abort = () => aborted.resolve("aborted");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    if ((await Promise.race([record, aborted.promise])) === "aborted") await kill();
    return await record;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function hookOf({ key, hook }: { readonly key: string; readonly hook?: string }): string {
  return hook ?? key.slice(key.lastIndexOf(":") + 1);
}

function endOf({ exit }: ProcessRecord): CommandEnd {
  const status = exit?.status;
  if (status === undefined) return { status: null, signal: null };
  const number = status & 0x7f;
  return number === 0 ? { status: (status >> 8) & 0xff, signal: null } : { status: null, signal: signalName(number) };
}

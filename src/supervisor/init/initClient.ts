/**
 * The supervisor's side of the protocol with init: a typed request for each
 * thing that init does, and events for what happens by itself.
 *
 *   const inherited = takeInherited(process.env);          // what init handed over
 *   const client = await InitClient.open(inherited.fd);    // init has said hello: client.hello
 *   client.on("exited", …).on("event", …).on("closed", …); // before start(), so that nothing is missed
 *   await client.start();                                  // unacknowledged exits and events come now, once more
 *   for (const record of await client.list()) …            // the table
 *
 * Exits are kept by init until `acknowledgeExit(serial)`, other events until
 * `acknowledgeEvents(sequence)`: write down what they mean first, acknowledge then.
 *
 * Every request rejects with a DaemonError where init refuses (`code` is errno's
 * name, `step` the step of a launch plan), with an InitError where there is no answer.
 */
import { EventEmitter } from "node:events";
import { stepName, stepSubject } from "../../launch/describe.ts";
import { DaemonError, errnoName } from "../../launch/errors.ts";
import type { Plan } from "../../launch/steps.ts";
import { readEvent, readHeld, readHello, readLogState, readOutcome, readPage, readRecord, readStarted, readStatistics } from "./answers.ts";
import { Connection } from "./connection.ts";
import { InitError } from "./initError.ts";
import { PendingRequests } from "./pendingRequests.ts";
import {
  type AdoptRequest,
  ANSWER,
  EVENT,
  type HeldDescriptor,
  type InitEvent,
  type InitHello,
  type LogLimits,
  type LogRequest,
  type LogState,
  type ProcessRecord,
  type SpawnRequest,
  type Started,
  type Statistics,
} from "./protocol.ts";
import * as requests from "./requests.ts";
import { type Frame, FrameReader } from "./wire.ts";

interface InitClientEvents {
  /** A process ended. Comes again, to each new supervisor, until it is acknowledged. */
  exited: [record: ProcessRecord];
  /** Anything else. */
  event: [event: InitEvent];
  /** Init is gone, or has sent garbage. Once; nothing comes after it. */
  closed: [error: Error | undefined];
}

export interface InitClientOptions {
  /** Milliseconds until a request without an answer is given up. Default 10 000. */
  readonly timeout?: number;
}

export class InitClient extends EventEmitter<InitClientEvents> {
  readonly hello: InitHello;
  readonly #connection: Connection;
  readonly #pending: PendingRequests;
  readonly #timeout: number;

  private constructor(hello: InitHello, connection: Connection, pending: PendingRequests, timeout: number) {
    super();
    this.hello = hello;
    this.#connection = connection;
    this.#pending = pending;
    this.#timeout = timeout;
  }

  /** Takes over the connection, and resolves when init has said hello. */
  static open(fd: number, { timeout = 10_000 }: InitClientOptions = {}): Promise<InitClient> {
    const pending = new PendingRequests();
    return new Promise((resolve, reject) => {
      let client: InitClient | undefined;
      const connection = new Connection(fd, {
        frame(frame) {
          if (client !== undefined) return client.#receive(frame);
          if (frame.type !== EVENT.hello) return connection.close(new InitError("ERR_INIT_PROTOCOL", "hello"));
          clearTimeout(timer);
          client = new InitClient(readHello(new FrameReader(frame.payload)), connection, pending, timeout);
          resolve(client);
        },
        closed(error) {
          clearTimeout(timer);
          pending.failAll(error);
          if (client === undefined) reject(error instanceof InitError ? error : new InitError("ERR_INIT_GONE", "hello", { cause: error }));
          else client.emit("closed", error);
        },
      });
      const timer = setTimeout(() => connection.close(new InitError("ERR_INIT_TIMEOUT", "hello", { detail: `${timeout} ms` })), timeout);
    });
  }

  /** Lets events come, those first that nobody has acknowledged. Attach listeners before. */
  async start(): Promise<void> {
    await this.#ask(requests.hello());
  }

  /** Runs a launch plan; rejects with the step that failed, and then nothing runs. */
  async spawn(request: SpawnRequest): Promise<Started> {
    return readStarted(await this.#ask(requests.spawn(request), request.key, request.plan));
  }

  /** Signals the process, or the whole process group that it leads. False where it has ended, or leads none. */
  async signal(serial: number, signal: number, { group = false } = {}): Promise<boolean> {
    try {
      await this.#ask(requests.signal(serial, signal, group), `process ${serial}`);
      return true;
    } catch (error) {
      if (error instanceof DaemonError && error.code === "ESRCH") return false;
      throw error;
    }
  }

  /** All that run, and all that ended and were not acknowledged. */
  list(): Promise<ProcessRecord[]> {
    return this.#pages("list", readRecord);
  }

  async acknowledgeExit(serial: number): Promise<void> {
    await this.#ask(requests.acknowledgeExit(serial), `process ${serial}`);
  }

  /** This event and all before it. */
  async acknowledgeEvents(sequence: number): Promise<void> {
    await this.#ask(requests.acknowledgeEvents(sequence));
  }

  /**
   * Gives init a copy of a descriptor, to hold and to hand to every later supervisor. One of the same name is replaced.
   * With `notify` it is a datagram socket that init receives sd_notify messages on; leave the receiving to init then.
   */
  async hold(name: string, fd: number, { notify = false } = {}): Promise<void> {
    await this.#ask(requests.hold(name, fd, notify), name);
  }

  async release(name: string): Promise<void> {
    await this.#ask(requests.release(name), name);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask(requests.rename(from, to), from);
  }

  listHeld(): Promise<HeldDescriptor[]> {
    return this.#pages("listHeld", readHeld);
  }

  /** Makes a log, or lets one go on in another file at the next line end: then a "switched" event follows. Resolves to its number. */
  async setLog(request: LogRequest): Promise<{ readonly log: number; readonly pending: boolean }> {
    const answer = await this.#ask(requests.setLog(request), request.name);
    return { log: answer.u32(), pending: answer.u32() !== 0 };
  }

  /** Closes a log as soon as its last pipe has ended. */
  async closeLog(log: number): Promise<void> {
    await this.#ask(requests.closeLog(log), `log ${log}`);
  }

  /** Changes what may be written to a log, and what it does on a full disk. */
  async limitLog(log: number, limits: LogLimits): Promise<void> {
    await this.#ask(requests.limitLog(log, limits), `log ${log}`);
  }

  listLogs(): Promise<LogState[]> {
    return this.#pages("listLogs", readLogState);
  }

  /** Takes a process into the table that an earlier init started. Rejects with ESRCH where it is gone. */
  async adopt(request: AdoptRequest): Promise<Started> {
    return readStarted(await this.#ask(requests.adopt(request), request.key));
  }

  async statistics(): Promise<Statistics> {
    return readStatistics(await this.#ask(requests.statistics()));
  }

  /** Which signals to init become events, by number. Default: HUP, INT, QUIT, USR1, USR2, TERM and PWR. */
  async forward(signals: readonly number[]): Promise<void> {
    await this.#ask(requests.forward(signals));
  }

  /** Init ends with this exit code once this process has ended, which must be soon: after 5 s it is killed. */
  async shutdown(code: number): Promise<void> {
    await this.#ask(requests.shutdown(code));
  }

  close(): void {
    this.#connection.close();
  }

  /** Whether init is gone, or we have left it. */
  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** Whether the open connection keeps this process from ending. It does unless told otherwise. */
  ref(on: boolean): void {
    this.#connection.ref(on);
  }

  #receive(frame: Frame): void {
    if ((frame.type & ANSWER) !== 0) {
      this.#pending.settle(frame.id, new FrameReader(frame.payload));
    } else if (frame.type === EVENT.exited) {
      this.emit("exited", readRecord(new FrameReader(frame.payload)));
    } else {
      const event = readEvent(frame);
      if (event !== undefined) this.emit("event", event);
    }
  }

  async #ask(request: requests.EncodedRequest, subject?: string, plan?: Plan): Promise<FrameReader> {
    const { name, fds } = request;
    if (this.#connection.isClosed) throw new InitError("ERR_INIT_GONE", name);
    const answer = await this.#pending.add(name, this.#timeout, (id) => {
      this.#connection.send(request.bytes(id), fds, (error) => this.#pending.fail(id, DaemonError.from(error, `init ${name}`, subject)));
    });
    const { errno, step } = readOutcome(answer);
    if (errno === 0) return answer;
    if (errnoName(errno) === "EOPNOTSUPP" || errnoName(errno) === "ENOTSUP") throw new InitError("ERR_INIT_UNSUPPORTED", name);
    const failed = plan?.[step];
    if (plan !== undefined && failed !== undefined) throw DaemonError.fromErrno(stepName(plan, step), errno, stepSubject(failed));
    throw DaemonError.fromErrno(`init ${name}`, errno, subject);
  }

  async #pages<T>(name: "list" | "listLogs" | "listHeld", read: (reader: FrameReader) => T): Promise<T[]> {
    const all: T[] = [];
    let from = 0;
    do {
      const { entries, next } = readPage(await this.#ask(requests.page(name, from)), read);
      all.push(...entries);
      from = next;
    } while (from !== 0);
    return all;
  }
}

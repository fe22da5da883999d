/**
 * The log files of instances, and init's numbers for them: DIRECTORY/web/0.log, and 0.error.log where standard error is
 * apart. Init calls them "web/0" and "web/0:stderr", so that the next supervisor knows them again.
 *
 *   const logs = new InstanceLogs(client, home.log);
 *   logs.adoptLogs(await client.listLogs());
 *   const { out, err, path } = await logs.open(spec, "web/0");
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { ServiceSpec } from "../../service/specTypes.ts";
import type { LogEvent, LogState } from "../init/protocol.ts";
import type { OutputAt } from "../state/journalRecords.ts";
import type { Archives } from "./archives.ts";
import { LogStream } from "./logStream.ts";
import type { LogClient } from "./logStreamOptions.ts";

export interface OpenLogs {
  /** Init's number of the log for standard output, and for standard error where that is merged. */
  readonly out: number;
  /** For standard error alone, or null. */
  readonly err: number | null;
  readonly path: string;
  readonly errorPath: string | null;
}

export interface InstanceLogsOptions {
  /** None: nothing is compressed. */
  readonly archives?: Archives;
  /** A log can't be rotated or compressed; undefined where it can again. */
  failed?(instance: string, error: unknown): void;
  /** The path is another file's now. */
  rotated?(instance: string, path: string): void;
}

type Asked = Pick<ServiceSpec, "logs">;

const ERROR_SUFFIX = ":stderr";

export class InstanceLogs {
  readonly #client: LogClient;
  readonly #directory: string;
  readonly #options: InstanceLogsOptions;
  /** By init's names. */
  readonly #streams = new Map<string, LogStream>();
  /** What init had open when this supervisor began, of streams that nobody has asked for yet. */
  readonly #adopted = new Map<string, LogState>();
  readonly #opening = new Map<string, Promise<unknown>>();

  /** @param directory of the home's logs; it exists */
  constructor(client: LogClient, directory: string, options: InstanceLogsOptions = {}) {
    this.#client = client;
    this.#directory = directory;
    this.#options = options;
  }

  /** What init has open already, from an earlier supervisor. */
  adoptLogs(list: readonly LogState[]): void {
    for (const state of list) if (/^[^/]+\/\d+(?::stderr)?$/.test(state.name)) this.#adopted.set(state.name, state);
  }

  /** Where an instance's logs are, whether or not they exist. */
  pathsOf({ logs }: Asked, instance: string): Pick<OpenLogs, "path" | "errorPath"> {
    return {
      path: join(this.#directory, `${instance}.log`),
      errorPath: logs.stderr === "separate" ? join(this.#directory, `${instance}.error.log`) : null,
    };
  }

  /** Where what is written next will be. */
  ends(spec: Asked, instance: string): OutputAt {
    const { path, errorPath } = this.pathsOf(spec, instance);
    return { log: sizeOf(path), errorLog: errorPath === null ? 0 : sizeOf(errorPath) };
  }

  /**
   * Puts the files of an instance in order, where the supervisor before was killed over them, and follows what is asked of
   * its logs from now on.
   *
   * @throws DaemonError, or what the disk says
   */
  async follow(spec: Asked, instance: string): Promise<void> {
    const streams = this.#streamsOf(spec, instance);
    for (const stream of streams) await stream.follow(spec.logs, streams.length);
  }

  /**
   * Opens them, or finds them open. A file that somebody has removed is made anew.
   *
   * @throws DaemonError where the file can't be had, or is none that may be written to
   */
  async open(spec: Asked, instance: string): Promise<OpenLogs> {
    const { path, errorPath } = this.pathsOf(spec, instance);
    const errorName = `${instance}${ERROR_SUFFIX}`;
    await this.follow(spec, instance);
    const out = await this.#openOne(spec, instance);
    const err = errorPath === null ? null : await this.#openOne(spec, errorName);
    // Merged from now on. Processes that still write to it keep it open.
    if (errorPath === null) await this.#closeOne(errorName);
    return { out, err, path, errorPath };
  }

  /**
   * The same, where they are open and nothing is being changed: then there is nothing to wait for. A file that somebody has
   * removed is missed a moment later.
   */
  opened(spec: Asked, instance: string): OpenLogs | undefined {
    const streams = this.#streamsOf(spec, instance);
    const [out, err] = streams;
    if (out?.log === undefined || this.#opening.has(instance)) return undefined;
    if (streams.some((stream) => !stream.isAsAsked(spec.logs, streams.length))) return undefined;
    if (err === undefined ? this.#streams.has(`${instance}${ERROR_SUFFIX}`) : err.log === undefined) return undefined;
    setImmediate(() => {
      // Unless it was closed meanwhile.
      if (this.#streams.get(instance) === out) this.open(spec, instance).catch((error: unknown) => this.#options.failed?.(instance, error));
    });
    return { out: out.log, err: err?.log ?? null, ...this.pathsOf(spec, instance) };
  }

  /** The files stay. Init closes them when the last process that writes to them has ended. */
  async close(instance: string): Promise<void> {
    await this.#closeOne(instance);
    await this.#closeOne(`${instance}${ERROR_SUFFIX}`);
  }

  /** Of an instance. */
  streamsOf(spec: Asked, instance: string): readonly LogStream[] {
    return this.#streamsOf(spec, instance);
  }

  /** By init's name. */
  get streams(): ReadonlyMap<string, LogStream> {
    return this.#streams;
  }

  /** What init tells of a log. True where somebody has emptied its file. */
  async heard(event: LogEvent): Promise<boolean> {
    const stream = this.#streams.get(event.name);
    const instance = instanceOf(event.name);
    if (stream === undefined || stream.log !== event.log) return false;
    try {
      const emptied = await stream.heard(event);
      if (event.what === "switched") this.#options.failed?.(instance, undefined);
      return emptied;
    } catch (error) {
      this.#options.failed?.(instance, error);
      return false;
    }
  }

  #streamsOf(spec: Asked, instance: string): readonly LogStream[] {
    const names = spec.logs.stderr === "separate" ? [instance, `${instance}${ERROR_SUFFIX}`] : [instance];
    return names.map((name) => this.#stream(spec, name, names.length));
  }

  #stream({ logs }: Asked, name: string, streams: number): LogStream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const instance = instanceOf(name);
    const slash = instance.lastIndexOf("/");
    const number = instance.slice(slash + 1);
    const options = {
      client: this.#client,
      archives: this.#options.archives,
      name,
      directory: join(this.#directory, instance.slice(0, slash)),
      stream: name === instance ? number : `${number}.error`,
      failed: (error: unknown) => this.#options.failed?.(instance, error),
      rotated: () => this.#options.rotated?.(instance, join(this.#directory, `${instance}${name === instance ? "" : ".error"}.log`)),
    };
    const stream = new LogStream(options, logs, streams, this.#adopted.get(name));
    this.#adopted.delete(name);
    this.#streams.set(name, stream);
    return stream;
  }

  /** One after the other: two that open the same log at once would make it twice. */
  async #openOne(spec: Asked, name: string): Promise<number> {
    const before = this.#opening.get(name) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#stream(spec, name, spec.logs.stderr === "separate" ? 2 : 1).open());
    this.#opening.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#opening.get(name) === turn) this.#opening.delete(name);
    }
  }

  async #closeOne(name: string): Promise<void> {
    await this.#opening.get(name)?.catch(() => undefined);
    const stream = this.#streams.get(name);
    const adopted = this.#adopted.get(name);
    this.#streams.delete(name);
    this.#adopted.delete(name);
    await stream?.close();
    if (stream === undefined && adopted !== undefined) await this.#client.closeLog(adopted.log);
  }
}

/** "web/0" of "web/0:stderr" */
export function instanceOf(name: string): string {
  return name.endsWith(ERROR_SUFFIX) ? name.slice(0, -ERROR_SUFFIX.length) : name;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

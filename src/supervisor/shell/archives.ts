/**
 * Segments that wait to be compressed: one after the other for the whole supervisor, by a process that is started when there
 * is work and ends when there has been none for a while.
 */
import { DaemonError } from "../../launch/errors.ts";
import { type CompressorJob, CompressorProcess } from "./compressorProcess.ts";

/** Milliseconds without work until the process ends. */
const IDLE = 5000;
/** Milliseconds until another one is started where one died, or could not be started. */
const TRY_AGAIN = 1000;
const LATEST_AGAIN = 60_000;

export interface ArchiveJob extends CompressorJob {
  /** Bytes of the plain segment: the compressed one may come to that for a while. */
  readonly size: number;
  /** Asked just before it begins, when its size is reserved; false where it is not wanted any more, or there is no room. */
  begin(): Promise<boolean>;
  /** It is done, or given up. */
  over(error: string | undefined): void;
}

export interface ArchivesOptions {
  /** Path of a file to lock. */
  readonly lock: string;
  started?(pid: number): void;
  ended?(pid: number): void;
  report?(why: string): void;
  resolve?(): void;
}

export class Archives {
  readonly #options: ArchivesOptions;
  readonly #waiting = new Map<string, ArchiveJob>();
  #process: CompressorProcess | undefined;
  #current: ArchiveJob | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #ended = false;

  constructor(options: ArchivesOptions) {
    this.#options = options;
  }

  add(job: ArchiveJob): void {
    if (this.#current?.path === job.path) return;
    this.#waiting.set(job.path, job);
    this.#next();
  }

  /** Bytes that what is being compressed may still come to, among the segments of a path that begins so. */
  reservedIn(prefix: string): number {
    // What can't be compressed becomes a little larger.
    return this.#current?.path.startsWith(prefix) ? Math.ceil(this.#current.size * 1.005) + 1024 : 0;
  }

  /** No more is begun; what was begun is finished by the process alone. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#process?.finish();
  }

  #next(): void {
    if (this.#ended || this.#current !== undefined || (this.#process === undefined && this.#timer !== undefined)) return;
    const [job] = this.#waiting.values();
    if (job === undefined) {
      if (this.#process !== undefined) this.#later(IDLE, () => this.#dismiss());
      return;
    }
    this.#waiting.delete(job.path);
    // What is reserved counts from here on.
    this.#current = job;
    job.begin().then(
      (wanted) => (wanted ? this.#run(job) : this.#finish(undefined)),
      (error: unknown) => this.#finish(error instanceof Error ? error.message : String(error)),
    );
  }

  #run(job: ArchiveJob): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      this.#process ??= this.#start();
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      this.#options.report?.(`segments stay as they are, since the program that compresses can't be started: ${error.message}`);
      this.#failed();
      return;
    }
    // Where it has just ended, that is told, and another one is started.
    this.#process.send(job);
  }

  /** The next one waits for its end by the lock. */
  #dismiss(): void {
    this.#process?.finish();
    this.#process = undefined;
  }

  #start(): CompressorProcess {
    const process = new CompressorProcess(this.#options.lock, {
      done: (path, error) => {
        if (this.#current?.path !== path) return;
        if (error === undefined) this.#succeeded();
        this.#finish(error);
      },
      ended: () => {
        this.#options.ended?.(process.pid);
        if (this.#process !== process) return;
        this.#process = undefined;
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (this.#current === undefined) this.#next();
        else this.#failed();
      },
    });
    this.#options.started?.(process.pid);
    return process;
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#options.resolve?.();
  }

  #finish(error: string | undefined): void {
    const job = this.#current;
    this.#current = undefined;
    job?.over(error);
    this.#next();
  }

  /** What was being compressed is tried again, later each time. */
  #failed(): void {
    const job = this.#current;
    this.#current = undefined;
    if (this.#ended || job === undefined) return;
    this.#waiting.set(job.path, job);
    this.#later(Math.min(LATEST_AGAIN, TRY_AGAIN * 2 ** Math.min(this.#failures++, 10)), () => this.#next());
  }

  #later(delay: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      act();
    }, delay);
    this.#timer.unref();
  }
}

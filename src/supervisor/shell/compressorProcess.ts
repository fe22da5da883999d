/**
 * The program that compresses: a process of its own, after everybody else on the processor and the disk, so that no service
 * and no command waits for it. It is a child of init and goes on without us.
 */
import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { DaemonError } from "../../launch/errors.ts";
import { ownProgram } from "../../launch/ownProgram.ts";
import { closeFdsFrom, dup, ioPriority, nice, openAt, type Step } from "../../launch/steps.ts";
import type { Compression } from "../../logs/compress.ts";
import { native } from "../../native/addon.ts";
import { launchBeside } from "./launchBeside.ts";

const LOWEST = 19;
/** IOPRIO_CLASS_IDLE of ioprio_set(2). */
const IDLE = 3;

export interface CompressorJob {
  /** Of the plain segment. */
  readonly path: string;
  readonly compression: Compression;
}

export interface CompressorHandlers {
  /** A job is done, or failed for a reason of the disk. */
  done(path: string, error: string | undefined): void;
  /** It has ended, whether or not it was asked to. Nothing comes after it. */
  ended(): void;
}

export class CompressorProcess {
  readonly pid: number;
  readonly #input: number;
  readonly #output: Socket;
  #inputOpen = true;

  /**
   * @param lock path of a file that keeps it from working beside another one
   * @throws DaemonError where it can't be started
   */
  constructor(lock: string, { done, ended }: CompressorHandlers) {
    const [inputEnd, input] = native().pipe();
    const [output, outputEnd] = native().pipe();
    try {
      this.pid = start(lock, inputEnd, outputEnd);
    } catch (error) {
      closeSync(input);
      closeSync(output);
      throw error;
    } finally {
      closeSync(inputEnd);
      closeSync(outputEnd);
    }
    this.#input = input;
    this.#output = new Socket({ fd: output, readable: true, writable: false });
    this.#output.unref();
    let text = "";
    this.#output.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = `${text}${chunk}`.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const { path, error }: { path: string; error?: string } = JSON.parse(line);
        done(path, error);
      }
    });
    this.#output.on("error", () => {});
    this.#output.on("close", () => {
      this.finish();
      ended();
    });
  }

  /** One at a time, so that the pipe never is full. False where it has just ended; `ended` says so as well. */
  send(job: CompressorJob): boolean {
    try {
      writeSync(this.#input, `${JSON.stringify(job)}\n`);
      return true;
    } catch {
      return false;
    }
  }

  /** It ends when it has done what it was given. */
  finish(): void {
    if (this.#inputOpen) closeSync(this.#input);
    this.#inputOpen = false;
  }
}

function start(lock: string, input: number, output: number): number {
  const command = [...ownProgram("compressor.cjs", "src/logs/compressor.ts"), lock];
  const begin = (...idle: readonly Step[]) =>
    launchBeside(
      command,
      nice(LOWEST),
      ...idle,
      closeFdsFrom(3, { except: [input, output] }),
      dup(input, 0),
      dup(output, 1),
      openAt(2, "/dev/null", "w"),
    );
  return unlessRefused(() => begin(ioPriority(IDLE, 0)), begin);
}

/** Not every container lets its processes be modest. */
function unlessRefused<T>(first: () => T, second: () => T): T {
  try {
    return first();
  } catch (error) {
    if (error instanceof DaemonError && error.step === "ioPriority") return second();
    throw error;
  }
}

/** A daemonitor-init with a supervisor that does what a test tells it. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { initProgram } from "../../src/native/addon.ts";
import type { Tools } from "../fixtures/initSupervisor.ts";
import type { Tracked } from "../support/cleanup.ts";
import { allPids, isAlive, readList } from "../support/process.ts";
import { fixture, node24, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

export interface InitTree {
  readonly pid: number;
  readonly dir: string;
  /** What to put in a program's environment, so that it ends with the test. */
  readonly mark: string;
  /** The exit status of init itself, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Runs a function in the supervisor. It sees nothing but its two arguments. Waits while there is no supervisor. */
  remote<A, R>(task: (tools: Tools, argument: A) => R | Promise<R>, argument: A): Promise<R>;
  supervisor(): Promise<number>;
  errors(): string;
}

export interface TreeOptions {
  /** Restart delays, as --delay takes them. */
  readonly delay?: string;
  readonly program?: string;
  /** More arguments of init. */
  readonly options?: readonly string[];
  /** Commands that init is started under. */
  readonly under?: readonly string[];
  /** Where to work; a directory of its own otherwise. */
  readonly dir?: string;
}

export async function initTree(
  tracked: Tracked,
  { delay = "10:50:60000", program = initProgram(), options = [], under = [], dir = tracked.dir() }: TreeOptions = {},
): Promise<InitTree> {
  const id = randomUUID();
  const mark = `INIT_TEST=${id}`;
  const path = join(dir, `supervisor-${id.slice(0, 8)}`);
  const [file = "", ...args] = [...under, program, "--delay", delay, ...options, "--", node24, fixture("initSupervisor.ts"), path];
  const child = start(file, args, { env: { INIT_TEST: id, NODE_NO_WARNINGS: "1" }, stdio: ["ignore", "inherit", "pipe"] });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const pid = child.pid ?? 0;
  tracked.defer(() => endMarked(pid, mark));
  const remote = async <A, R>(task: (tools: Tools, argument: A) => R | Promise<R>, argument: A): Promise<R> => {
    const message = JSON.stringify({ source: task.toString(), argument });
    const answer = await until("the supervisor to answer", () => call(path, message), { timeout: 30_000 });
    const { result, error } = JSON.parse(answer) as { result: R; error?: object };
    if (error !== undefined) throw Object.assign(new Error(`in the supervisor: ${JSON.stringify(error)}`), error);
    return result;
  };
  const supervisor = () => remote(() => process.pid, undefined);
  await until("the supervisor", () => existsSync(path), { timeout: 30_000 });
  return { pid, dir, mark, ended, remote, supervisor, errors: () => errors };
}

/** Resolves to null where there is nobody, or the other side died before it answered: then the message is sent again. */
function call(path: string, message: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const socket = createConnection(path, () => socket.end(message));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(text === "" ? null : text));
  });
}

/** Init first, or it would start the supervisor again. */
async function endMarked(init: number, mark: string): Promise<void> {
  const marked = () => allPids().filter((pid) => pid !== process.pid && isAlive(pid) && carries(pid, mark));
  await until("the tree to end", () => {
    for (const pid of [init, ...marked()]) kill(pid, mark);
    return marked().length === 0;
  });
}

function kill(pid: number, mark: string): void {
  try {
    if (carries(pid, mark)) process.kill(pid, "SIGKILL");
  } catch {
    // Ended by itself.
  }
}

function carries(pid: number, mark: string): boolean {
  try {
    return readList(pid, "environ").some((entry) => entry.toString() === mark);
  } catch {
    return false;
  }
}

/** Children of a process that nobody has reaped. */
export function zombiesOf(pid: number): number[] {
  return allPids().filter((candidate) => {
    try {
      const text = readFileSync(`/proc/${candidate}/stat`, "latin1");
      const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return state === "Z" && Number(parent) === pid;
    } catch {
      return false;
    }
  });
}

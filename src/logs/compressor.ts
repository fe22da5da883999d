/**
 * The program that compresses segments for the supervisor, one at a time:
 *
 *   node compressor.ts LOCK        lines of JSON in, { path, compression }; a line out for each, { path, error? }
 *
 * It ends with its input, once what it has begun is done: also when the supervisor is dead. The lock keeps the next
 * supervisor's from working beside it.
 */
import { closeSync, constants, openSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { native } from "../native/addon.ts";
import { exitPromptly } from "../native/promptExit.ts";
import { type Compression, compressSegment, removePartials } from "./compress.ts";

const LOCK_AGAIN = 200;
const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;

interface Job {
  readonly path: string;
  readonly compression: Compression;
}

exitPromptly();
void main().then(() => process.exit());

async function main(): Promise<void> {
  // Nobody listens any more: what was begun is finished all the same.
  process.stdout.on("error", () => {});
  const lock = openSync(process.argv[2] ?? "", O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  while (!native().flock(lock, "exclusive")) await sleep(LOCK_AGAIN);
  const cleaned = new Set<string>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { path, compression }: Job = JSON.parse(line);
    const error = await attempt(async () => {
      const directory = dirname(path);
      if (!cleaned.has(directory)) removePartials(directory);
      cleaned.add(directory);
      await compressSegment(path, compression);
    });
    process.stdout.write(`${JSON.stringify({ path, ...(error === undefined ? {} : { error }) })}\n`);
  }
  closeSync(lock);
}

async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

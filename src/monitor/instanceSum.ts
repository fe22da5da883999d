/** What the processes of an instance use together. */
import type { Details } from "./processDetails.ts";
import type { Seen } from "./processTable.ts";
import type { InstanceSample } from "./sample.ts";
import { systemUnits } from "./systemUnits.ts";

type Sum = Pick<InstanceSample, "processes" | "threads" | "memory" | "swap" | "descriptors" | "readRate" | "writeRate" | "contextSwitches">;

/** Null where it is not known of any of them: where we may not look into some, it is the sum of the others. */
export function sumOf(members: readonly Seen[], details: { of(process: Seen): Details | undefined }): Sum {
  let threads = 0;
  let pages = 0;
  let swap = 0;
  let descriptors: number | null = null;
  let readRate: number | null = null;
  let writeRate: number | null = null;
  let contextSwitches: number | null = null;
  for (const process of members) {
    threads += process.threads;
    pages += process.pages;
    const known = details.of(process);
    if (known === undefined) continue;
    swap += known.swap;
    descriptors = sum(descriptors, known.descriptors);
    readRate = sum(readRate, known.readRate);
    writeRate = sum(writeRate, known.writeRate);
    contextSwitches = sum(contextSwitches, known.switchRate);
  }
  const memory = pages * systemUnits().pageSize;
  return { processes: members.length, threads, memory, swap, descriptors, readRate, writeRate, contextSwitches };
}

function sum(one: number | null, other: number | null): number | null {
  return other === null ? one : (one ?? 0) + other;
}

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
  const known: Details[] = [];
  for (const process of members) {
    threads += process.threads;
    pages += process.pages;
    const found = details.of(process);
    if (found === undefined) continue;
    swap += found.swap;
    known.push(found);
  }
  return {
    processes: members.length,
    threads,
    memory: pages * systemUnits().pageSize,
    swap,
    descriptors: sum(known, "descriptors"),
    readRate: sum(known, "readRate"),
    writeRate: sum(known, "writeRate"),
    contextSwitches: sum(known, "switchRate"),
  };
}

function sum(details: readonly Details[], key: "descriptors" | "readRate" | "writeRate" | "switchRate"): number | null {
  let total: number | null = null;
  for (const { [key]: value } of details) if (value !== null) total = (total ?? 0) + value;
  return total;
}

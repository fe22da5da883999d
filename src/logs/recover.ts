/**
 * A rotation that was cut short. The segment to come has a name of its own until the one before is complete, so that the
 * names alone tell how far it came; where init lives, it says which file it writes to.
 */

/** Inodes of files; null where there is none. */
export interface Found {
  readonly current: number | null;
  readonly next: { readonly inode: number; readonly size: number } | null;
  /** What init writes to, and is to go on in; null where no init has the log open. */
  readonly init: { readonly inode: number; readonly next: number } | null;
}

/**
 * - `nothing`: all is as it should be
 * - `await`: init will go on in the next file at the next line end
 * - `finish`: it writes to the next file, or did: the one before is put aside, and the next one gets its name
 * - `forget`: nothing was written to the next file and nothing will be
 */
export type Recovery = "nothing" | "await" | "finish" | "forget";

export function recoveryOf({ current, next, init }: Found): Recovery {
  if (next === null) return "nothing";
  if (init !== null) {
    if (init.inode === next.inode) return "finish";
    return init.next === next.inode ? "await" : "forget";
  }
  // Who wrote last is dead. An empty one may have been begun, and nothing is lost by going on in the one before.
  return next.size > 0 || current === null ? "finish" : "forget";
}

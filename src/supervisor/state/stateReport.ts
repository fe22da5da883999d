import type { DaemonError } from "../../launch/errors.ts";

/** What went wrong with a file, and that it is well again. For the log and the events. */
export type StateReport =
  /** The file was damaged. `keptAs` is its other name, null where the disk didn't let us: then it is tried again before it is replaced. */
  | { readonly kind: "damaged"; readonly path: string; readonly faults: readonly string[]; readonly keptAs: string | null }
  /** The file was gone, or damaged, and what its copy holds replaces it. */
  | { readonly kind: "replaced"; readonly path: string; readonly copy: string }
  | { readonly kind: "failing"; readonly path: string; readonly error: DaemonError }
  | { readonly kind: "recovered"; readonly path: string };

import { DaemonError } from "../../launch/errors.ts";

/** Does what may fail without harm: the journal tells of a disk that takes nothing by itself. A mistake of ours is thrown on. */
export function unlessRefused(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
  }
}

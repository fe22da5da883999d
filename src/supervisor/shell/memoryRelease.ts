/** Memory that a burst of changes leaves behind, which the next hours have no use for: it goes back to the kernel. */
import { native } from "../../native/addon.ts";
import { forgetProgramPages } from "./programPages.ts";

/** So many changes are a burst. */
const BURST = 100;
/** It is given back in so many ticks, as it is collected. */
const RELEASES = 3;

export class MemoryRelease {
  /** The beginning itself is a burst. */
  #changes = BURST;
  #left = 0;

  /** In each tick. @param changes since the one before */
  after(changes: number): void {
    this.#changes += changes;
    if (this.#changes >= BURST) {
      this.#changes = 0;
      this.#left = RELEASES;
    }
    if (this.#left === 0) return;
    this.#left -= 1;
    native().releaseMemory();
    forgetProgramPages();
  }
}

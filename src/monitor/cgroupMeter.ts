/** Processor time by control group, in microseconds: also of what came and went between two looks, see cgroup-v2.rst of the kernel. */
import { join } from "node:path";
import { numberAfter, readProc } from "./procFile.ts";

const USAGE = Buffer.from("usage_usec ");

export class CgroupMeter {
  #before: ReadonlyMap<string, number> = new Map();
  #isFirst = true;

  /**
   * Milliseconds that were used since the look before in each of these; those that can't be told are not in it.
   *
   * @param cgroups directories; what is new among them was made since the look before
   */
  look(cgroups: Iterable<string>): ReadonlyMap<string, number> {
    const now = new Map<string, number>();
    const used = new Map<string, number>();
    for (const path of cgroups) {
      const length = readProc(join(path, "cpu.stat"));
      const usage = length <= 0 ? -1 : numberAfter(USAGE, length);
      if (usage === -1) continue;
      now.set(path, usage);
      const before = this.#before.get(path) ?? (this.#isFirst ? undefined : 0);
      if (before !== undefined) used.set(path, Math.max(0, usage - before) / 1000);
    }
    this.#before = now;
    this.#isFirst = false;
    return used;
  }
}

/**
 * The entries of `disk` in a configuration, read: each of their keys is a check of its own. Pure.
 *
 *   { path: "/var", free: { below: "10%" }, inodes: { below: "5%" }, readOnly: true, then: ["alert", "prune-logs"] }
 *   { path: "/srv/uploads", size: { above: "20GiB" }, growth: { above: "1GiB/h" }, for: "3 of 5" }
 *   { path: "/etc/passwd", checksum: true }
 *   { path: "/backup/latest", exists: true, age: { above: "26h" }, size: { below: "1MiB" } }
 *   { path: "/var/log/mail.log", content: "fatal:" }
 */

import type { CheckAction } from "../values/checkActions.ts";
import { DISK_ASPECTS, DISK_KEYS, type DiskAspect, isDiskAspect } from "../values/diskChecks.ts";
import { readActions, readOften, unknownKey } from "../values/diskCheckValues.ts";
import { ValueError } from "../values/valueError.ts";
import type { DiskEntry } from "./diskEntries.ts";

export interface DiskChecks {
  readonly path: string;
  readonly aspects: readonly DiskAspect[];
  readonly for: { readonly times: number; readonly of: number };
  readonly actions: readonly CheckAction[];
}

export interface DiskReading {
  readonly checks: readonly DiskChecks[];
  /** What is wrong with entries, each a sentence that begins with the key. Entries without a mistake are checked all the same. */
  readonly mistakes: readonly string[];
}

/**
 * @example
 * readDiskChecks([{ path: "/var", free: { below: "10%" } }]).checks[0].aspects // [{ kind: "free", when: "below", amount: 10, share: true }]
 */
export function readDiskChecks(entries: readonly DiskEntry[]): DiskReading {
  const mistakes: string[] = [];
  const checks = entries.flatMap((entry, index) => {
    const before = mistakes.length;
    const attempt = <T>(key: string, read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        mistakes.push(`disk[${index}].${key}: ${error.message}`);
        return undefined;
      }
    };
    for (const key of Object.keys(entry)) if (!DISK_KEYS.includes(key)) attempt(key, () => unknownKey(key, DISK_KEYS));
    const aspects = Object.entries(entry).flatMap(([key, value]) =>
      isDiskAspect(key) && value !== undefined && value !== null ? (attempt(key, () => DISK_ASPECTS[key](value)) ?? []) : [],
    );
    const often = attempt("for", () => readOften(entry.for ?? "1 of 1"));
    const actions = attempt("then", () => readActions(entry.then ?? "alert"));
    if (aspects.length === 0 && mistakes.length === before) {
      mistakes.push(`disk[${index}]: it says nothing to check of ${entry.path}: give ${Object.keys(DISK_ASPECTS).join(", ")}`);
    }
    if (often === undefined || actions === undefined || mistakes.length > before) return [];
    return [{ path: entry.path, aspects, for: often, actions }];
  });
  return { checks, mistakes };
}

/**
 * The entries of `disk` in a configuration, read: each of their keys is a check of its own. Pure.
 *
 *   { path: "/var", free: { below: "10%" }, inodes: { below: "5%" }, readOnly: true, then: ["alert", "prune-logs"] }
 *   { path: "/srv/uploads", size: { above: "20GiB" }, growth: { above: "1GiB/h" }, for: "3 of 5" }
 *   { path: "/etc/passwd", checksum: true }
 *   { path: "/backup/latest", exists: true, age: { above: "26h" }, size: { below: "1MiB" } }
 *   { path: "/var/log/mail.log", content: "fatal:" }
 */

import { parseDuration } from "../values/duration.ts";
import { ValueError } from "../values/valueError.ts";
import type { CheckAction } from "./actions.ts";
import {
  type Bound,
  bound,
  bytes,
  bytesOrShare,
  countOrShare,
  only,
  pattern,
  plainCount,
  rate,
  readActions,
  readOften,
  sha256,
  unknownKey,
  wrong,
} from "./checksDiskValues.ts";
import type { DiskEntry } from "./diskEntries.ts";

/** What an entry wants to know of its path. */
export type DiskAspect =
  | ({ readonly kind: "free" | "inodes" } & Bound)
  | { readonly kind: "readOnly" }
  /** The forecast says that it is full in less than that. */
  | { readonly kind: "full"; readonly within: number }
  | ({ readonly kind: "size" | "files" | "growth" | "age" } & Bound)
  /** `sum`: what it must be; null: that of the sample before. */
  | { readonly kind: "checksum"; readonly sum: string | null }
  | { readonly kind: "content" }
  | { readonly kind: "exists"; readonly meant: boolean };

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

const ASPECTS = {
  free: (value) => ({ kind: "free", ...bound(value, bytesOrShare) }),
  inodes: (value) => ({ kind: "inodes", ...bound(value, countOrShare) }),
  readOnly: (value) => (value === true ? { kind: "readOnly" } : wrong(value, "true")),
  full: (value) => ({ kind: "full", within: parseDuration(only(value, "within")) }),
  size: (value) => ({ kind: "size", ...bound(value, bytes) }),
  files: (value) => ({ kind: "files", ...bound(value, plainCount) }),
  growth: (value) => ({ kind: "growth", ...bound(value, rate) }),
  age: (value) => ({ kind: "age", ...bound(value, (given) => ({ amount: parseDuration(given), share: false })) }),
  checksum: (value) => ({ kind: "checksum", sum: value === true ? null : sha256(value) }),
  content: (value) => {
    pattern(typeof value === "object" && value !== null ? only(value, "matches") : value);
    return { kind: "content" };
  },
  exists: (value) => (typeof value === "boolean" ? { kind: "exists", meant: value } : wrong(value, "true or false")),
} as const satisfies Record<string, (value: unknown) => DiskAspect>;

const KEYS = ["path", ...Object.keys(ASPECTS), "for", "then"];
const isAspect = (key: string): key is keyof typeof ASPECTS => Object.hasOwn(ASPECTS, key);

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
    for (const key of Object.keys(entry)) if (!KEYS.includes(key)) attempt(key, () => unknownKey(key, KEYS));
    const aspects = Object.entries(entry).flatMap(([key, value]) =>
      isAspect(key) && value !== undefined && value !== null ? (attempt(key, () => ASPECTS[key](value)) ?? []) : [],
    );
    const often = attempt("for", () => readOften(entry.for ?? "1 of 1"));
    const actions = attempt("then", () => readActions(entry.then ?? "alert"));
    if (aspects.length === 0 && mistakes.length === before) {
      mistakes.push(`disk[${index}]: it says nothing to check of ${entry.path}: give ${Object.keys(ASPECTS).join(", ")}`);
    }
    if (often === undefined || actions === undefined || mistakes.length > before) return [];
    return [{ path: entry.path, aspects, for: often, actions }];
  });
  return { checks, mistakes };
}

/** What an entry of `disk` can ask of its path: for who checks a configuration, and for who checks the disk. Pure. */
import { type Bound, bound, bytes, bytesOrShare, countOrShare, only, pattern, plainCount, rate, sha256, wrong } from "./diskCheckValues.ts";
import { parseDuration } from "./duration.ts";

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

/** How the keys of an entry are read. Each throws a ValueError for what is something else. */
export const DISK_ASPECTS = {
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

/** Of an entry. */
export const DISK_KEYS: readonly string[] = ["path", ...Object.keys(DISK_ASPECTS), "for", "then"];

export function isDiskAspect(key: string): key is keyof typeof DISK_ASPECTS {
  return Object.hasOwn(DISK_ASPECTS, key);
}

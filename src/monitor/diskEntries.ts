/** What the entries of `disk` in a configuration want measured. Pure. */

/** As the configuration has it; what the other keys hold is for the checks to know. */
export interface DiskEntry {
  readonly path: string;
  readonly [key: string]: unknown;
}

export interface WatchedFile {
  readonly path: string;
  /** Its SHA-256 is wanted. */
  readonly checksum: boolean;
  /** The pattern that a line of it may match; undefined where none is asked for, or it is no regular expression. */
  readonly content: RegExp | undefined;
}

/** With one of them the whole directory is counted: that takes long, and is not done for who asks for free space. */
const OF_DIRECTORIES = ["size", "files", "count", "growth"];
const OF_FILES = ["size", "age", "checksum", "content", "exists", "modified"];

/** Each directory once. A file of this path is no harm: it has a size as well. */
export function directoriesOf(entries: readonly DiskEntry[]): readonly string[] {
  return [...new Set(entries.filter((entry) => hasOne(entry, OF_DIRECTORIES)).map(({ path }) => path))];
}

export function filesOf(entries: readonly DiskEntry[]): readonly WatchedFile[] {
  const files = new Map<string, WatchedFile>();
  for (const entry of entries) {
    if (!hasOne(entry, OF_FILES)) continue;
    const known = files.get(entry.path);
    const checksum = known?.checksum === true || (Object.hasOwn(entry, "checksum") && entry.checksum !== false);
    files.set(entry.path, { path: entry.path, checksum, content: known?.content ?? patternOf(entry.content) });
  }
  return [...files.values()];
}

/** `content: "ERROR"`, or `content: { matches: "ERROR" }` with whatever else the check wants. */
function patternOf(content: unknown): RegExp | undefined {
  const pattern = typeof content === "object" && content !== null && "matches" in content ? content.matches : content;
  if (typeof pattern !== "string") return undefined;
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

function hasOne(entry: DiskEntry, keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(entry, key));
}

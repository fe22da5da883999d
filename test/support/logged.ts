/** What an instance has logged: all segments that were put aside, in the order of their names, and the current one. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/**
 * @param directory of all logs
 * @param stream "web/0", "web/0.error"
 */
export function logged(directory: string, stream: string): string {
  for (let tries = 0; ; tries++) {
    try {
      const before = stateOf(directory, stream);
      const text = segmentsOf(directory, stream).map(readSegment).join("");
      if (tries === 100 || stateOf(directory, stream) === before) return text;
    } catch (error) {
      // A segment was put aside or compressed meanwhile.
      if (tries === 100 || !(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

/** The same before and after, and no segment was put aside between. */
function stateOf(directory: string, stream: string): string {
  const segments = segmentsOf(directory, stream);
  return [...segments.map((path) => path.replace(/\.(zst|gz)$/, "")), statSync(segments.at(-1) ?? "").ino].join();
}

/** Paths of the texts, oldest first; the last one is written to now. What is there plain and compressed is there once. */
export function segmentsOf(directory: string, stream: string): string[] {
  const slash = stream.lastIndexOf("/");
  const folder = join(directory, stream.slice(0, slash));
  const name = stream.slice(slash + 1);
  const archived = new RegExp(`^${name.replaceAll(".", "\\.")}\\.\\d{8}T\\d{9}Z\\.log(\\.zst|\\.gz)?$`);
  const archives = readdirSync(folder).filter((file) => archived.test(file));
  const plain = archives.filter((file) => !/\.(zst|gz)$/.test(file) || !archives.includes(file.replace(/\.(zst|gz)$/, "")));
  return [...plain.sort(), `${name}.log`].map((file) => join(folder, file));
}

export function readSegment(path: string): string {
  const bytes = readFileSync(path);
  const text = path.endsWith(".zst") ? zstdDecompressSync(bytes) : path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  return text.toString("latin1");
}

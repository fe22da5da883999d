/** The end of a log, read from its file: however fast a service writes, a look costs the same. */
import { type FileHandle, open } from "node:fs/promises";

/** As much as a screen can show, a few times over. */
const WINDOW = 64 * 1024;
const MOST_LINES = 500;

export interface Tail {
  readonly lines: readonly string[];
  /** Why there are none. */
  readonly note: string | null;
}

/** Looks again and again at the end of one file. */
export class LogTail {
  readonly #path: string;
  #seen = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where nothing changed since the last look. */
  async look(): Promise<Tail | undefined> {
    let file: FileHandle;
    try {
      file = await open(this.#path, "r");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      return this.#changed(code)
        ? { lines: [], note: code === "ENOENT" ? "it has written nothing yet" : `its log can't be read: ${code}` }
        : undefined;
    }
    try {
      const { ino, size, mtimeMs } = await file.stat();
      if (!this.#changed(`${ino} ${size} ${mtimeMs}`)) return undefined;
      const start = Math.max(0, size - WINDOW);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, WINDOW)), { position: start });
      const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
      // The first one began before the window, the last one is what comes after the last line end.
      if (start > 0) lines.shift();
      if (lines.at(-1) === "") lines.pop();
      return { lines: lines.slice(-MOST_LINES), note: lines.length === 0 ? "it has written nothing yet" : null };
    } finally {
      await file.close();
    }
  }

  #changed(state: string): boolean {
    const is = state !== this.#seen;
    this.#seen = state;
    return is;
  }
}

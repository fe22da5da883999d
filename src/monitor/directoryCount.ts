/**
 * Size and number of files of a directory and all below it, counted a few entries at a time. It never leaves the directory by
 * a link, nor its file system; a file with several names counts once. Sizes are what is taken on the disk, as du(1) has it.
 */
import type { Dir } from "node:fs";
import { lstat, opendir } from "node:fs/promises";

export interface Counted {
  /** Bytes. */
  readonly size: number;
  /** All that is in it: files, directories, links; itself not. */
  readonly files: number;
}

const FILE_TYPE = 0o170000;
const DIRECTORY = 0o040000;
const BLOCK = 512;
/** Files with several names that are remembered; more are counted with each name. */
const MOST_LINKED = 200_000;
const SLASH = Buffer.from("/");

interface Place {
  readonly path: Buffer;
  readonly inode: number;
}

export class DirectoryCount {
  readonly #linked = new Set<number>();
  readonly #waiting: Place[] = [];
  #open: { readonly handle: Dir; readonly path: Buffer } | undefined;
  #device = -1;
  #size = 0;
  #files = 0;
  readonly #root: string;

  /** @param root an absolute path; a link to a directory is followed, once */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Goes on with so many entries.
   *
   * @returns the sum once all was counted, undefined while something is left
   * @throws Error of node:fs where there is no such directory
   */
  async step(entries: number): Promise<Counted | undefined> {
    if (this.#device === -1) await this.#begin();
    for (let left = entries; left > 0; left--) {
      if (this.#open === undefined && !(await this.#next())) return { size: this.#size, files: this.#files };
      await this.#count();
    }
    return undefined;
  }

  /** It is not gone on with. */
  async end(): Promise<void> {
    this.#waiting.length = 0;
    await this.#close();
  }

  async #begin(): Promise<void> {
    const path = Buffer.from(this.#root === "/" ? "/." : `${this.#root}/.`);
    const { dev, ino, blocks } = await lstat(path);
    this.#device = dev;
    this.#size = blocks * BLOCK;
    this.#waiting.push({ path, inode: ino });
  }

  /** Opens the next directory. False where there is none. */
  async #next(): Promise<boolean> {
    for (let place = this.#waiting.pop(); place !== undefined; place = this.#waiting.pop()) {
      try {
        // Names may be any bytes: as text, some of them would be other names. The types know only of text.
        const handle = await opendir(place.path, { encoding: "buffer" as BufferEncoding, bufferSize: 64 });
        this.#open = { handle, path: place.path };
        // It may have been exchanged for a link meanwhile.
        const { ino, dev } = await lstat(place.path);
        if (ino === place.inode && dev === this.#device) return true;
        await this.#close();
      } catch {
        // Gone, or not ours to read: what is in it doesn't count.
        await this.#close();
      }
    }
    return false;
  }

  async #count(): Promise<void> {
    const { handle, path } = this.#open ?? {};
    if (handle === undefined || path === undefined) return;
    let name: Buffer | undefined;
    try {
      name = (await handle.read())?.name as unknown as Buffer | undefined;
    } catch {
      // Unreadable from here on, as on a disk with a damage.
    }
    if (name === undefined) return this.#close();
    const full = Buffer.concat([path, SLASH, name]);
    try {
      const { dev, ino, mode, nlink, blocks } = await lstat(full);
      if (dev !== this.#device) return;
      const isDirectory = (mode & FILE_TYPE) === DIRECTORY;
      if (!isDirectory && nlink > 1) {
        if (this.#linked.has(ino)) return;
        if (this.#linked.size < MOST_LINKED) this.#linked.add(ino);
      }
      this.#files += 1;
      this.#size += blocks * BLOCK;
      if (isDirectory) this.#waiting.push({ path: full, inode: ino });
    } catch {
      // Gone since it was listed.
    }
  }

  async #close(): Promise<void> {
    const handle = this.#open?.handle;
    this.#open = undefined;
    await handle?.close().catch(() => undefined);
  }
}

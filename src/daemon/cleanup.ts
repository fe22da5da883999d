import { closeSync } from "node:fs";

/** What must be undone, in the reverse of the order in which it was done. */
export class Cleanup {
  readonly #actions: (() => void)[] = [];

  add(action: () => void): void {
    this.#actions.push(action);
  }

  /** A descriptor to be closed in the end. */
  own(fd: number): number {
    this.add(() => closeSync(fd));
    return fd;
  }

  run(): void {
    for (let action = this.#actions.pop(); action !== undefined; action = this.#actions.pop()) action();
  }
}

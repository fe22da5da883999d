/** Places in several logs as one text, for who wants to come back to them. */
import type { ReadEnd } from "./readLog.ts";

/** By names such as "web/0". */
export type Positions = ReadonlyMap<string, ReadEnd>;

const ONE = /^([^,=]+)=([\da-z]{1,11})\.([\da-z]{1,13})\.([\da-z]{1,11})$/;

/**
 * One line of visible ASCII, without blanks.
 *
 * @example
 * formatPositions(new Map([["web/0", { begunAt: 0, inode: 12, offset: 4096 }]])); // "web%2F0=0.c.35s"
 */
export function formatPositions(positions: Positions): string {
  return [...positions]
    .map(([name, { begunAt, inode, offset }]) => {
      return `${encodeURIComponent(name)}=${[begunAt, inode, offset].map((value) => Math.floor(value).toString(36)).join(".")}`;
    })
    .join(",");
}

/** Undefined for what was not made by {@link formatPositions}. */
export function parsePositions(text: string): Positions | undefined {
  const positions = new Map<string, ReadEnd>();
  for (const part of text.split(",")) {
    const [, name, begunAt, inode, offset] = ONE.exec(part) ?? [];
    if (name === undefined || begunAt === undefined || inode === undefined || offset === undefined) return undefined;
    const [begun, number, at] = [begunAt, inode, offset].map((value) => Number.parseInt(value, 36));
    try {
      positions.set(decodeURIComponent(name), { begunAt: begun ?? 0, inode: number ?? 0, offset: at ?? 0 });
    } catch {
      return undefined;
    }
  }
  return positions;
}

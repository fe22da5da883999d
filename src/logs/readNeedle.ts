/**
 * Looks for bytes in large blocks. `Buffer.indexOf` takes memchr(3) to the first byte of a short needle, and is ten times
 * slower with a long one: so a short piece of the needle is looked for, one that begins with a byte that is rare here.
 *
 *   const find = needleFinder(Buffer.from("timeout 4711"));
 *   find(block, 0); // as block.indexOf("timeout 4711", 0)
 */

/** Returns where the needle begins, at `from` or later; -1 where it isn't. Best given one block after the other. */
export type Finder = (block: Buffer, from: number) => number;

/** `Buffer.indexOf` is fast with needles that are shorter. */
const LONG = 8;
const [SHORTEST_PIECE, LONGEST_PIECE] = [3, 7];
/** In smaller ones there is nothing to gain. */
const LEAST_BLOCK = 64 * 1024;
const SAMPLES = 2048;
/** Among the samples; of a byte that is more frequent, each stop costs more than the way between saves. */
const MOST_FREQUENT = SAMPLES / 64;

export function needleFinder(needle: Buffer): Finder {
  if (needle.length < LONG) return (block, from) => block.indexOf(needle, from);
  let sampled: Buffer | undefined;
  let begin = -1;
  return (block, from) => {
    if (block.length < LEAST_BLOCK) return block.indexOf(needle, from);
    if (sampled !== block) {
      begin = rarestIn(block, needle);
      sampled = block;
    }
    return begin === -1 ? block.indexOf(needle, from) : byPiece(block, needle, begin, from);
  };
}

function byPiece(block: Buffer, needle: Buffer, begin: number, from: number): number {
  const piece = needle.subarray(begin, begin + LONGEST_PIECE);
  for (let at = block.indexOf(piece, from + begin); at !== -1; at = block.indexOf(piece, at + 1)) {
    const start = at - begin;
    if (start + needle.length <= block.length && needle.compare(block, start, start + needle.length) === 0) return start;
  }
  return -1;
}

/** Where in the needle the byte is that the block has least of; -1 where it has much of all. */
function rarestIn(block: Buffer, needle: Buffer): number {
  const counts = new Uint16Array(256);
  const step = block.length / SAMPLES;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const byte = block[Math.floor(sample * step)] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  let [rarest, fewest] = [-1, MOST_FREQUENT + 1];
  for (let index = 0; index <= needle.length - SHORTEST_PIECE; index++) {
    const count = counts[needle[index] ?? 0] ?? 0;
    if (count < fewest) [rarest, fewest] = [index, count];
  }
  return rarest;
}

/** Blocks of bytes cut so that each holds whole lines only. */
import type { Block } from "./readBlocks.ts";

export interface LineBlock extends Block {
  /** Whether its last line ends here; false for one that goes on elsewhere, or is not finished. */
  readonly ended: boolean;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
/** A line that is longer is taken for several, so that no file fills the memory. */
export const LONGEST_LINE = 16 * 1024 * 1024;

/** Blocks in order become blocks of whole lines; the last line may lack its end. The offset of a line that crosses blocks is where it begins. */
export async function* wholeLines(blocks: AsyncIterable<Block>, longest = LONGEST_LINE): AsyncGenerator<LineBlock, void, undefined> {
  let rest: Buffer[] = [];
  let length = 0;
  let begin = 0;
  const take = (ended: boolean): LineBlock => {
    const block = { bytes: Buffer.concat(rest), offset: begin, ended };
    rest = [];
    length = 0;
    return block;
  };
  const keep = (bytes: Buffer, offset: number) => {
    if (bytes.length === 0) return;
    if (rest.length === 0) begin = offset;
    // Its memory is used again for the next block.
    rest.push(Buffer.from(bytes));
    length += bytes.length;
  };
  for await (const { bytes, offset } of blocks) {
    let from = 0;
    if (length > 0) {
      const end = bytes.indexOf(NEWLINE);
      from = end === -1 ? bytes.length : end + 1;
      keep(bytes.subarray(0, from), offset);
      if (end !== -1 || length > longest) yield take(end !== -1);
    }
    const last = bytes.lastIndexOf(NEWLINE) + 1;
    if (last > from) yield { bytes: bytes.subarray(from, last), offset: offset + from, ended: true };
    keep(bytes.subarray(Math.max(from, last)), offset + Math.max(from, last));
  }
  if (length > 0) yield take(false);
}

/**
 * Blocks from the end backwards become blocks of whole lines, the last one first.
 *
 * @param together lines that begin with a blank stay in one block with the line before them
 */
export async function* wholeLinesBackwards(
  blocks: AsyncIterable<Block>,
  together: boolean,
  longest = LONGEST_LINE,
): AsyncGenerator<LineBlock, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let restOffset = 0;
  let ended: boolean | undefined;
  for await (const { bytes, offset } of blocks) {
    const whole = rest.length === 0 ? bytes : Buffer.concat([bytes, rest]);
    restOffset = offset;
    ended ??= whole.at(-1) === NEWLINE;
    const cut = whole.length > longest ? 0 : firstBegin(whole, together);
    if (cut === -1) {
      rest = Buffer.from(whole);
      continue;
    }
    yield { bytes: whole.subarray(cut), offset: offset + cut, ended };
    ended = true;
    rest = Buffer.from(whole.subarray(0, cut));
  }
  if (rest.length > 0) yield { bytes: rest, offset: restOffset, ended: ended ?? false };
}

/** Of the first line that surely begins in these bytes, -1 for none. */
function firstBegin(bytes: Buffer, together: boolean): number {
  for (let from = 0; ; ) {
    const begin = bytes.indexOf(NEWLINE, from) + 1;
    if (begin === 0 || begin === bytes.length) return -1;
    if (!together || (bytes[begin] !== SPACE && bytes[begin] !== TAB)) return begin;
    from = begin;
  }
}

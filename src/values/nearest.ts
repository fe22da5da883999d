/**
 * The candidate that a misspelt word most likely means, or undefined when none is near.
 *
 * Case, dashes and underscores don't count ("pidfile" and "pid-file" are "pidFile");
 * about one letter in three may be wrong, or letters may have changed places; the beginning of a candidate, or a candidate
 * with something after it, is near as well.
 *
 * @example
 * nearest("pidfile", ["cwd", "pidFile"]); // "pidFile"
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const meant = plain(word);
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const score = farness(meant, plain(candidate));
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** 0 for the same word, below 1 for a misspelling, above 1 for a beginning, Infinity for another word. */
function farness(word: string, candidate: string): number {
  if (word.length < 2) return word === candidate ? 0 : Number.POSITIVE_INFINITY;
  const wrong = distance(word, candidate);
  const longest = Math.max(word.length, candidate.length);
  if (wrong <= Math.max(1, Math.floor(longest / 3))) return wrong / longest;
  if (letters(word) === letters(candidate)) return wrong / longest;
  const begins = candidate.startsWith(word) || (candidate.length > 2 && word.startsWith(candidate));
  return begins && word.length > 2 ? 1 + wrong / longest : Number.POSITIVE_INFINITY;
}

/** Levenshtein's. Written out, since the library for it takes a quarter of a millisecond to load, and every daemon would pay. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [done, letter] of [...from].entries()) {
    let left = done + 1;
    row = row.map((above, index) => {
      const diagonal = (row[index - 1] ?? 0) + (to[index - 1] === letter ? 0 : 1);
      left = index === 0 ? done + 1 : Math.min(above + 1, left + 1, diagonal);
      return left;
    });
  }
  return row[to.length] ?? 0;
}

function letters(word: string): string {
  return [...word].sort().join("");
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, "");
}

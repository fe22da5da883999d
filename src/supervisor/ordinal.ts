const WORDS = ["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/**
 * A place in a sequence, for people.
 *
 * @example
 * ordinal(6);  // "sixth"
 * ordinal(22); // "22nd"
 */
export function ordinal(n: number): string {
  const word = WORDS[n];
  if (word !== undefined) return word;
  const teens = n % 100 >= 11 && n % 100 <= 13;
  const ending = teens ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th");
  return `${n}${ending}`;
}

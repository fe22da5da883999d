/** Keys out of what a terminal sends. */

/** A name, or the character itself; "ctrl-z". */
export interface Key {
  readonly key: string;
  /** Text that was pasted: it must not act as keys. */
  readonly pasted?: string;
}

const NAMES: Readonly<Record<string, string>> = {
  ...{ A: "up", B: "down", C: "right", D: "left", H: "home", F: "end", Z: "backtab" },
  ...{ "1~": "home", "4~": "end", "7~": "home", "8~": "end", "5~": "pageup", "6~": "pagedown", "3~": "delete" },
};
const CONTROLS: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", "\u007f": "backspace", "\b": "backspace" };

const PASTE_BEGINS = "\u001b[200~";
const PASTE_ENDS = "\u001b[201~";
const ESCAPE = "\u001b";
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals send
const SEQUENCE = /^\u001b(?:\[([0-9;?]*[ -/]*[@-~])|O([@-~]))/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals send
const UNFINISHED = /^\u001b(?:\[[0-9;?]*[ -/]*|O)?$/;
/** Nobody pastes more into a filter, and a paste without an end must not grow for ever. */
const LONGEST_PASTE = 4096;

/**
 * The keys in `text`, and the beginning of a sequence that is not complete: it goes before the text that comes next. An
 * escape alone may be a key or such a beginning; who waited in vain for more calls with `final`. Pure.
 *
 * @example
 * decodeKeys("j\u001b[A"); // { keys: [{ key: "j" }, { key: "up" }], rest: "" }
 */
export function decodeKeys(text: string, final = false): { readonly keys: readonly Key[]; readonly rest: string } {
  const keys: Key[] = [];
  let rest = text;
  while (rest !== "") {
    if (rest.startsWith(PASTE_BEGINS)) {
      const end = rest.indexOf(PASTE_ENDS);
      if (end < 0 && rest.length < LONGEST_PASTE && !final) break;
      const pasted = rest.slice(PASTE_BEGINS.length, end < 0 ? undefined : end);
      keys.push({ key: "paste", pasted: pasted.slice(0, LONGEST_PASTE) });
      rest = end < 0 ? "" : rest.slice(end + PASTE_ENDS.length);
      continue;
    }
    if (UNFINISHED.test(rest) && !final) break;
    const [sequence, csi, ss3] = SEQUENCE.exec(rest) ?? [];
    if (sequence !== undefined) {
      rest = rest.slice(sequence.length);
      // Shift and its like are left aside: "1;2A" is up.
      const name = NAMES[(csi ?? ss3 ?? "").replace(/^\d+;\d+(?=[A-Z])/, "")];
      if (name !== undefined) keys.push({ key: name });
      continue;
    }
    const [character = ""] = rest;
    rest = rest.slice(character.length);
    keys.push({ key: nameOf(character) });
  }
  return { keys, rest };
}

function nameOf(character: string): string {
  if (character === ESCAPE) return "escape";
  const control = CONTROLS[character];
  if (control !== undefined) return control;
  const code = character.charCodeAt(0);
  return code < 32 ? `ctrl-${String.fromCharCode(code + 96)}` : character;
}

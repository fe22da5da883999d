/** Names of services. They are parts of file names, of selectors ("web/0", globs) and of command lines. */
import { given } from "../values/valueError.ts";

const LONGEST = 64;
const RESERVED = ["all"];

/** What is wrong with a name, or undefined. */
export function nameMistake(name: string): string | undefined {
  if (name === "") return "the name of a service can't be empty";
  const bytes = Buffer.byteLength(name);
  if (bytes > LONGEST) return `the name of a service may have ${LONGEST} bytes, and this one has ${bytes}`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed()) return `the name ${given(name)} has a control character in it`;
  if (name.includes("/")) return `the name ${given(name)} has a "/" in it, which separates the instance's number, as in "web/0"`;
  if (/[*?[\]{}!\\]/.test(name)) return `the name ${given(name)} has a character of patterns (* ? [ ] { } ! \\) in it`;
  if (/^[-.]/.test(name))
    return `the name ${given(name)} begins with "${name.charAt(0)}": it would look like ${name.startsWith("-") ? "a flag" : "a hidden file"}`;
  if (name.trim() !== name) return `the name ${given(name)} begins or ends with a blank`;
  if (RESERVED.includes(name.toLowerCase())) return `the name ${given(name)} is reserved: it stands for every service`;
  return undefined;
}

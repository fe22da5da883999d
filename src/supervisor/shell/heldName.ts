/**
 * Names of the descriptors that init holds for us: "socket/web/qk3J_x2a/0fWv9aZ1", "notify/web/0/3". They must be found again by
 * the next supervisor, so whatever is in a service's name can be read back.
 *
 *   heldName("notify", "web", "0", "3");     // "notify/web/0/3"
 *   parseHeldName("notify/web/0/3");         // ["notify", "web", "0", "3"]
 *
 * A name has at most 127 bytes for init, no ":" (which separates them in a variable) and no "=" (on a command line).
 */

const MOST_BYTES = 127;
/** What means something in a name, and what can't be in one. */
const SPECIAL = /[%/:=~\p{Cc}]/gu;
/** Marks a part that is base64: where escaping makes a name too long, all of its parts are. */
const BASE64 = "~";

/** @throws RangeError where it is too long; that of a service of 64 bytes, as long as one may be, is not */
export function heldName(kind: string, ...parts: readonly string[]): string {
  const escaped = [kind, ...parts.map(escapePart)].join("/");
  if (Buffer.byteLength(escaped) <= MOST_BYTES) return escaped;
  const encoded = [kind, ...parts.map((part) => `${BASE64}${Buffer.from(part).toString("base64url")}`)].join("/");
  if (encoded.length > MOST_BYTES) throw new RangeError(`${escaped} is too long for the name of a held descriptor`);
  return encoded;
}

/** The kind and the parts; undefined for a name that is none of these. */
export function parseHeldName(name: string): string[] | undefined {
  const [kind = "", ...parts] = name.split("/");
  const decoded = parts.map((part) => (part.startsWith(BASE64) ? Buffer.from(part.slice(1), "base64url").toString() : unescapePart(part)));
  return parts.length > 0 && decoded.every((part) => part !== undefined) ? [kind, ...decoded] : undefined;
}

function escapePart(part: string): string {
  return part.replaceAll(SPECIAL, (character) => (character === "~" ? "%7E" : encodeURIComponent(character)));
}

function unescapePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

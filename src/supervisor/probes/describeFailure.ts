/** A failure of node:net, node:http or node:fs in half a sentence. */
import { native } from "../../native/addon.ts";

/** Without the address and the call that Node's messages repeat. */
export function describeFailure(error: unknown): string {
  // Several addresses were tried: the last word is as good as any.
  const single = error instanceof AggregateError && error.errors.length > 0 ? error.errors.at(-1) : error;
  if (!(single instanceof Error)) return oneLine(String(single));
  const { code, errno } = single as NodeJS.ErrnoException;
  // Below -3000 are libuv's own numbers, of getaddrinfo(3).
  if (typeof errno === "number" && errno < 0 && errno > -3000) return `${native().strerror(-errno)} (${code})`;
  if (code === "ENOTFOUND") return "the name has no address (ENOTFOUND)";
  return oneLine(single.message || code || single.name);
}

/** The first line that says something, cut to a length that fits a message. */
export function oneLine(text: string, most = 200): string {
  const line = text.split("\n").find((each) => each.trim() !== "") ?? "";
  const printable = line.replaceAll(/\p{Cc}+/gu, " ").trim();
  return printable.length <= most ? printable : `${printable.slice(0, most - 1)}…`;
}

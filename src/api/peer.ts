/** Who is at the other end of a connection. */
import type { Socket } from "node:net";
import { native, type PeerCredentials } from "../native/addon.ts";

/** As the kernel vouches for it; undefined where the connection is gone already. */
export function peerOf(socket: Socket): PeerCredentials | undefined {
  // Node has no public name for a socket's descriptor.
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd;
  if (fd === undefined || fd < 0) return undefined;
  try {
    return native().peerCredentials(fd);
  } catch {
    return undefined;
  }
}

const LONGEST_COMMAND = 200;

/** "alice, by stop web". The command is what the client says, percent-encoded; it is only shown. */
export function whoAsks(uid: number, command: string | undefined): string {
  const name = native().user(uid)?.name ?? `uid ${uid}`;
  const shown = plain(command ?? "");
  return shown === "" ? name : `${name}, by ${shown}`;
}

function plain(command: string): string {
  let text = command;
  try {
    text = decodeURIComponent(command);
  } catch {
    // Not encoded: then it is what it is.
  }
  return [...text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ").trim()].slice(0, LONGEST_COMMAND).join("");
}

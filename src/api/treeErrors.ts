/** Why there is no supervisor to talk to. */
import { DaemonError, EXIT } from "../launch/errors.ts";
import type { Home } from "../supervisor/state/home.ts";
import { CLIENT_ERROR_CODES } from "./errorCodes.ts";

export const TREE_ERROR_CODES = {
  ERR_NO_SUPERVISOR: CLIENT_ERROR_CODES.ERR_NO_SUPERVISOR,
  ERR_SUPERVISOR_FAILED: { errno: 5, exitCode: EXIT.software, meaning: "the supervisor can't begin, by a mistake of its own" },
  ERR_SUPERVISOR_SILENT: {
    errno: 110,
    exitCode: EXIT.temporary,
    meaning: "a supervisor has this home, but its control socket is not there",
  },
} as const satisfies Record<string, { errno: number; exitCode: number; meaning: string }>;

export type TreeErrorCode = keyof typeof TREE_ERROR_CODES;

/** `what` completes the sentence "supervisor SOCKET: what". */
export function treeError(code: TreeErrorCode, home: Home, what: string, hint: string): DaemonError {
  const { errno, exitCode } = TREE_ERROR_CODES[code];
  return new DaemonError({ step: "supervisor", subject: home.socket, code, errno, exitCode, strerror: what, hint });
}

/** Failures that only commands have. */
import { DaemonError, type DaemonErrorFields, EXIT } from "../launch/errors.ts";

export const COMMAND_ERROR_CODES = {
  ERR_BOOT_COMMAND: { errno: 5, exitCode: EXIT.osError, meaning: "systemctl, loginctl or crontab failed" },
  ERR_NO_BOOT: { errno: 95, exitCode: EXIT.unavailable, meaning: "nobody is here who could start it at boot" },
  ERR_NOT_OURS: { errno: 17, exitCode: EXIT.cantCreate, meaning: "a file that we did not write stands where ours would be" },
  ERR_STILL_RUNNING: { errno: 110, exitCode: EXIT.temporary, meaning: "the services have ended, their supervisor has not" },
} as const satisfies Record<string, { errno: number; exitCode: number; meaning: string }>;

export type CommandErrorCode = keyof typeof COMMAND_ERROR_CODES;

/** `what` completes the sentence "STEP SUBJECT: what". */
export function commandError(
  code: CommandErrorCode,
  step: string,
  what: string,
  more: Partial<Pick<DaemonErrorFields, "subject" | "hint">> = {},
): DaemonError {
  const { errno, exitCode } = COMMAND_ERROR_CODES[code];
  return new DaemonError({ step, code, errno, exitCode, strerror: what, ...more });
}

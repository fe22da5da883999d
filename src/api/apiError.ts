/** Errors on their way to the wire. */
import { DaemonError } from "../launch/errors.ts";
import { ControlError } from "../supervisor/control.ts";
import { API_ERROR_CODES, type ApiErrorCode, type ErrorBody } from "./errorCodes.ts";

/** What is wrong with a request, as far as the API itself can tell. `message` is a sentence, `hint` what to do. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ApiErrorCode, message: string, hint?: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.hint = hint;
    this.headers = headers;
  }
}

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** Whatever was thrown. Of a mistake of our own nobody outside learns more than that there is one. */
export function replyTo(error: unknown): ErrorReply {
  if (error instanceof ApiError || error instanceof ControlError) {
    const { code, message, hint = null } = error;
    const headers = error instanceof ApiError ? error.headers : {};
    return { status: API_ERROR_CODES[code].status, headers, body: { error: { code, message, hint } } };
  }
  if (error instanceof DaemonError) {
    const { code, message, hint = null, step, subject = null, errno, strerror, exitCode } = error;
    const failure = { step, subject, errno, strerror, exitCode };
    return { status: API_ERROR_CODES.ERR_SYSTEM.status, headers: {}, body: { error: { code, message, hint, failure } } };
  }
  return replyTo(
    new ApiError(
      "ERR_INTERNAL",
      "the supervisor made a mistake of its own; nothing that you did wrong",
      "see supervisor.log in its log directory, and report it",
    ),
  );
}

/** Whether it is a mistake of ours, that has to be seen. */
export function isMistake(error: unknown): boolean {
  return !(error instanceof ApiError || error instanceof ControlError || error instanceof DaemonError);
}

/** Every code that an answer of the API or its client can have: the status of HTTP, the closest errno, the exit code of a command. */
import { EXIT } from "../launch/errors.ts";

export const API_ERROR_CODES = {
  ERR_BAD_REQUEST: { status: 400, errno: 22, exitCode: EXIT.usage, meaning: "the request has a mistake" },
  ERR_NOT_ALLOWED: { status: 403, errno: 1, exitCode: EXIT.noPermission, meaning: "the supervisor belongs to another user" },
  ERR_NO_SUCH_SERVICE: { status: 404, errno: 3, exitCode: EXIT.unavailable, meaning: "no service is meant by the selector" },
  ERR_NO_SUCH_PATH: { status: 404, errno: 2, exitCode: EXIT.software, meaning: "the API has no such path" },
  ERR_METHOD: { status: 405, errno: 95, exitCode: EXIT.software, meaning: "the path can't be asked with this method" },
  ERR_SLOW_REQUEST: { status: 408, errno: 110, exitCode: EXIT.temporary, meaning: "the request did not arrive in time" },
  ERR_REFUSED: { status: 409, errno: 16, exitCode: EXIT.temporary, meaning: "it can't be done as things are" },
  ERR_TOO_LARGE: { status: 413, errno: 27, exitCode: EXIT.usage, meaning: "the request is larger than the supervisor takes" },
  ERR_INTERNAL: { status: 500, errno: 5, exitCode: EXIT.software, meaning: "the supervisor made a mistake of its own" },
  ERR_BUSY: { status: 503, errno: 11, exitCode: EXIT.temporary, meaning: "the supervisor has as many connections as it takes" },
  ERR_SHUTTING_DOWN: { status: 503, errno: 108, exitCode: EXIT.temporary, meaning: "the supervisor is shutting down" },
  /** A system call failed, mostly on the disk that the supervisor's state is on: the body has errno's own name as its code. */
  ERR_SYSTEM: { status: 507, errno: 5, exitCode: EXIT.osError, meaning: "a system call of the supervisor failed" },
} as const satisfies Record<string, { status: number; errno: number; exitCode: number; meaning: string }>;

export type ApiErrorCode = keyof typeof API_ERROR_CODES;

/** Those that only the client finds out. */
export const CLIENT_ERROR_CODES = {
  ERR_NO_SUPERVISOR: { errno: 111, exitCode: EXIT.unavailable, meaning: "no supervisor runs" },
  ERR_NO_ANSWER: { errno: 110, exitCode: EXIT.temporary, meaning: "the supervisor did not answer in time" },
  ERR_UNCERTAIN: { errno: 104, exitCode: EXIT.temporary, meaning: "the connection was cut, and nobody knows whether it was done" },
  ERR_PROTOCOL: { errno: 71, exitCode: EXIT.software, meaning: "what answers is no supervisor, or one of another version" },
  ERR_CLOSED: { errno: 125, exitCode: EXIT.software, meaning: "the client was closed, or the waiting was ended" },
} as const satisfies Record<string, { errno: number; exitCode: number; meaning: string }>;

export type ClientErrorCode = keyof typeof CLIENT_ERROR_CODES;

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    /** A sentence. */
    readonly message: string;
    /** What to do. */
    readonly hint: string | null;
    /** Of a failed system call in the supervisor: what DaemonError has. */
    readonly failure?: Failure;
  };
}

export interface Failure {
  readonly step: string;
  readonly subject: string | null;
  readonly errno: number;
  readonly strerror: string;
  readonly exitCode: number;
}

/** What the client's promises reject with. */
import { DaemonError, EXIT } from "../launch/errors.ts";
import { API_ERROR_CODES, CLIENT_ERROR_CODES, type ClientErrorCode, type ErrorBody } from "./errorCodes.ts";
import type { Answer, Lost } from "./exchange.ts";

const STEP = "supervisor";

/** The error of an answer that isn't 200. */
export function errorOfAnswer({ status, body }: Answer): DaemonError {
  const error = readError(body);
  if (error === undefined) return clientError("ERR_PROTOCOL", `it answered ${status} without saying why`, PROTOCOL_HINT);
  const { code, message, hint, failure } = error;
  if (failure !== undefined) {
    const { step, subject, errno, strerror, exitCode } = failure;
    return new DaemonError({ step, subject: subject ?? undefined, code, errno, strerror, exitCode, hint: hint ?? undefined });
  }
  const known: { readonly errno: number; readonly exitCode: number } = Object.hasOwn(API_ERROR_CODES, code)
    ? API_ERROR_CODES[code as keyof typeof API_ERROR_CODES]
    : { errno: 5, exitCode: EXIT.software };
  return new DaemonError({ step: STEP, code, errno: known.errno, exitCode: known.exitCode, strerror: message, hint: hint ?? undefined });
}

/** The error of an answer that didn't come. */
export function errorOfLost(lost: Lost, socket: string, timeout: number): DaemonError {
  switch (lost.is) {
    case "unconnected":
      return errorOfConnect(lost.errno, socket, timeout);
    case "silent":
      return clientError(
        "ERR_NO_ANSWER",
        `no answer for ${seconds(timeout)}; ${lost.taken ? "it had begun" : "it may still be done later"}`,
        "look whether its process hangs or can't be started again",
        socket,
      );
    case "cut":
      return clientError(
        "ERR_NO_ANSWER",
        `the connection is cut again and again, for ${seconds(timeout)}`,
        "look into supervisor.log in its log directory",
        socket,
      );
    case "malformed":
      return clientError("ERR_PROTOCOL", `what answers is no supervisor: ${lost.what}`, PROTOCOL_HINT, socket);
    case "aborted":
      return clientError("ERR_CLOSED", "the waiting was ended before the answer came");
  }
}

/** Whether nobody listens on the socket, so that waiting is of no use. */
export function isNobody(lost: Lost): boolean {
  return lost.is === "unconnected" && (lost.errno === "ENOENT" || lost.errno === "ECONNREFUSED" || lost.errno === "ENOTSOCK");
}

export function malformedAnswer(): DaemonError {
  return clientError("ERR_PROTOCOL", "its answer is no JSON", PROTOCOL_HINT);
}

export function uncertain(what: string): DaemonError {
  return clientError(
    "ERR_UNCERTAIN",
    `the connection was cut while the supervisor worked on it: nobody knows whether ${what}`,
    "look first, then decide",
  );
}

function errorOfConnect(errno: string, socket: string, timeout: number): DaemonError {
  if (errno === "EACCES" || errno === "EPERM") {
    const { errno: number, exitCode } = API_ERROR_CODES.ERR_NOT_ALLOWED;
    const hint = "use the account that it belongs to, or root";
    return new DaemonError({
      ...{ step: STEP, subject: socket, code: "ERR_NOT_ALLOWED", errno: number, exitCode, hint },
      strerror: "it belongs to another user",
    });
  }
  if (errno === "EAGAIN" || errno === "ETIMEDOUT") {
    return clientError("ERR_NO_ANSWER", `it took no connection for ${seconds(timeout)}`, "look whether its process hangs", socket);
  }
  const why = errno === "ENOENT" || errno === "ECONNREFUSED" ? "no supervisor runs" : `no supervisor can be reached (${errno})`;
  return clientError("ERR_NO_SUPERVISOR", why, "start a service first, or set DAEMONITOR_HOME to the home that is meant", socket);
}

const PROTOCOL_HINT = "look whether client and supervisor are of the same version";

function clientError(code: ClientErrorCode, strerror: string, hint?: string, subject?: string): DaemonError {
  const { errno, exitCode } = CLIENT_ERROR_CODES[code];
  return new DaemonError({ step: STEP, subject, code, errno, exitCode, strerror, hint });
}

function readError(body: string): ErrorBody["error"] | undefined {
  try {
    const { error } = JSON.parse(body) as Partial<ErrorBody>;
    return typeof error?.code === "string" && typeof error.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

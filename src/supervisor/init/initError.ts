/** What goes wrong between the supervisor and init, apart from what init answers. */
import type { RequestName } from "./protocol.ts";

const MEANING = {
  ERR_INIT_GONE: "the connection to init is closed",
  ERR_INIT_TIMEOUT: "init did not answer in time",
  ERR_INIT_UNSUPPORTED: "the init that runs is older than this request: it will know it after the tree has been started anew",
  ERR_INIT_PROTOCOL: "init sent what is no frame of the protocol",
} as const;

export type InitErrorCode = keyof typeof MEANING;

/**
 * The connection to init failed, or init can't do what was asked. Whether a request that was not answered has been
 * carried out is not known: ask for the list.
 */
export class InitError extends Error {
  readonly code: InitErrorCode;
  readonly request: RequestName | undefined;

  constructor(code: InitErrorCode, request?: RequestName, options?: ErrorOptions & { detail?: string }) {
    const detail = options?.detail === undefined ? "" : ` (${options.detail})`;
    super(`${request === undefined ? "init" : `init ${request}`}: ${MEANING[code]}${detail}`, options);
    this.name = "InitError";
    this.code = code;
    this.request = request;
  }
}

/** Which requests are answered at all. Pure: headers in, a verdict out. */
import { isIP } from "node:net";
import { ACTION_HEADER } from "./wire.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Refusal {
  readonly status: 400 | 401 | 403 | 421;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/**
 * A page of somebody else's can have its own name resolve to this address (DNS rebinding), and would then be of the same
 * origin. It can't lie about the name, so only addresses, localhost and the names that were allowed are answered.
 */
export function refuseHost(host: string | undefined, allowed: ReadonlySet<string>): Refusal | undefined {
  const name = hostName(host);
  if (name !== undefined && (name === "localhost" || isIP(name) !== 0 || allowed.has(name))) return undefined;
  return {
    status: 421,
    code: "ERR_HOST",
    message: "this dashboard does not answer to that name",
    hint: "use its address, or allow the name with --host NAME",
  };
}

/** What changes something must come from the page itself: of the same origin, and with a header that only a script can add. */
export function refuseForeign(headers: Headers): Refusal | undefined {
  const { host, origin } = headers;
  const site = headers["sec-fetch-site"];
  const isOwn = typeof origin === "string" && (origin === `http://${host}` || origin === `https://${host}`);
  if (isOwn && (site === undefined || site === "same-origin") && headers[ACTION_HEADER] === "1") return undefined;
  return { status: 403, code: "ERR_FOREIGN", message: "the request does not come from this page", hint: "reload the page, and try again" };
}

export const UNKNOWN_USER: Refusal = {
  status: 401,
  code: "ERR_TOKEN",
  message: "the token is missing or wrong",
  hint: "open the address that daemonitor dashboard prints",
};

/** In lower case, without the port. */
export function hostName(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([a-z\d._-]+))(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

/**
 * Who may look: the token is exchanged for a cookie, which says until when it is good and is signed with the token. So
 * nothing needs to be kept: a dashboard that was restarted knows its sessions, and a new token ends them all.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Milliseconds that a session lasts. */
export const SESSION = 30 * 24 * 3_600_000;

export class Sessions {
  readonly #token: Buffer;
  readonly #key: Buffer;
  readonly #name: string;

  /** @param port of the dashboard: cookies are not told apart by ports, so it is in the name */
  constructor(token: string, port: number) {
    this.#token = digest(token);
    this.#key = createHmac("sha256", token).update("daemonitor dashboard session").digest();
    this.#name = `daemonitor_${port}`;
  }

  /** In a time that tells nothing of the token. */
  isToken(given: string): boolean {
    return timingSafeEqual(digest(given), this.#token);
  }

  /**
   * The value of a Set-Cookie header for a new session.
   *
   * @param isEncrypted the browser came by https, and is to come by nothing else
   */
  cookie(now: number, isEncrypted = false): string {
    const content = `${now + SESSION}.${randomBytes(12).toString("base64url")}`;
    return this.#setCookie(`${content}.${this.#sign(content)}`, SESSION / 1000, isEncrypted);
  }

  /** The value of a Set-Cookie header that ends it. */
  end(): string {
    return this.#setCookie("", 0);
  }

  /** By the Cookie header of a request. */
  isSession(header: string | undefined, now: number): boolean {
    return (header ?? "")
      .split(/;\s*/)
      .some((pair) => pair.startsWith(`${this.#name}=`) && this.#isGood(pair.slice(this.#name.length + 1), now));
  }

  #isGood(value: string, now: number): boolean {
    const [, content = "", until = "", signature = ""] = /^((\d{1,16})\.[\w-]+)\.([\w-]+)$/.exec(value) ?? [];
    return content !== "" && timingSafeEqual(digest(signature), digest(this.#sign(content))) && Number(until) > now;
  }

  #sign(content: string): string {
    return createHmac("sha256", this.#key).update(content).digest("base64url");
  }

  #setCookie(value: string, seconds: number, isEncrypted = false): string {
    const secure = isEncrypted ? "; Secure" : "";
    return `${this.#name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** Of one length, so that two can be compared in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

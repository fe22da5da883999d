/** Addresses of mail and of its servers. Pure. */

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `smtps:` from the first byte on; `smtp:` with STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly user: string | null;
  readonly password: string | null;
}

/** @example mailAddresses("a@example.com, b@example.com") // ["a@example.com", "b@example.com"] */
export function mailAddresses(text: string): readonly string[] {
  return text.split(/\s*,\s*/).filter((address) => address !== "");
}

/** Of `smtp://user:password@host:port`, or `smtps://`; undefined for anything else. */
export function parseSmtp(text: string): SmtpServer | undefined {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return undefined;
  const secure = url.protocol === "smtps:";
  const part = (value: string) => (value === "" ? null : decodeURIComponent(value));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 465 : 25) : Number(url.port),
    secure,
    user: part(url.username),
    password: part(url.password),
  };
}

/** What can stand in a dialogue with a mail server, and means nothing else there. */
export function isMailAddress(text: string): boolean {
  return /^[^\s<>@,;:"\\\p{Cc}]+@[^\s<>@,;:"\\\p{Cc}]+$/u.test(text);
}

/** The entries of `alerts` in a configuration, as routes. Pure. */
import { isMailAddress, mailAddresses, parseSmtp, type SmtpServer } from "../values/mail.ts";
import { ALERT_FORMATS, type AlertFormat } from "./alerts.ts";

/** As a checked configuration has it. */
export interface AlertEntry {
  readonly name?: unknown;
  readonly webhook?: unknown;
  readonly format?: unknown;
  readonly headers?: unknown;
  readonly exec?: unknown;
  readonly cwd?: unknown;
  readonly mail?: unknown;
  readonly from?: unknown;
  readonly smtp?: unknown;
}

export type AlertRoute = {
  /** For people: never more of an address than its host. */
  readonly name: string;
} & (
  | { readonly kind: "webhook"; readonly url: string; readonly format: AlertFormat; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "exec"; readonly command: readonly string[]; readonly cwd: string }
  | { readonly kind: "mail"; readonly to: readonly string[]; readonly from: string | null; readonly smtp: SmtpServer | null }
);

/**
 * @example
 * readAlertRoutes([{ webhook: "https://hooks.slack.com/services/T0/B0/x" }]).routes[0].name // "webhook hooks.slack.com"
 */
export function readAlertRoutes(entries: readonly AlertEntry[]): {
  readonly routes: readonly AlertRoute[];
  readonly mistakes: readonly string[];
} {
  const mistakes: string[] = [];
  const names = new Set<string>();
  const routes = entries.flatMap((entry, index) => {
    const read = readRoute(entry);
    if (typeof read === "string") {
      mistakes.push(`alerts[${index}]${read}`);
      return [];
    }
    const wanted = typeof entry.name === "string" && entry.name !== "" ? entry.name : read.name;
    let name = wanted;
    for (let number = 2; names.has(name); number++) name = `${wanted} #${number}`;
    names.add(name);
    return [{ ...read, name }];
  });
  return { routes, mistakes };
}

/** A text is what is wrong, to be put behind the entry. */
function readRoute(entry: AlertEntry): AlertRoute | string {
  const { webhook, exec, mail } = entry;
  if (typeof webhook === "string") return webhookOf(entry, webhook);
  if (isTexts(exec)) return { name: `exec ${exec[0]?.replace(/^.*\//, "")}`, kind: "exec", command: exec, cwd: textOr(entry.cwd, "/") };
  const to = typeof mail === "string" ? mailAddresses(mail) : isTexts(mail) ? mail : [];
  if (to.length === 0) return ': it has none of "webhook", "exec" and "mail"';
  // An address goes into the dialogue with the server.
  if (!to.every(isMailAddress)) return ".mail: it has no mail address such as ops@example.com";
  const from = textOr(entry.from, null);
  if (from !== null && !isMailAddress(from)) return ".from: it is no mail address such as daemonitor@example.com";
  const smtp = entry.smtp == null ? null : parseSmtp(String(entry.smtp));
  if (smtp === undefined) return '.smtp: it is no address such as "smtp://mail.example.com:587"';
  return { name: `mail ${to[0]}`, kind: "mail", to, from, smtp };
}

function webhookOf(entry: AlertEntry, webhook: string): AlertRoute | string {
  const parsed = URL.parse(webhook);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return ".webhook: it is no URL such as https://example.com/alerts";
  const format = entry.format ?? formatFor(parsed.hostname);
  const found = ALERT_FORMATS.find((one) => one === format);
  if (found === undefined) return `.format: it is none of ${ALERT_FORMATS.map((one) => `"${one}"`).join(", ")}`;
  const headers = Object.entries(typeof entry.headers === "object" && entry.headers !== null ? entry.headers : {});
  return {
    name: `webhook ${parsed.host}`,
    kind: "webhook",
    url: webhook,
    format: found,
    headers: Object.fromEntries(headers.map(([key, value]) => [key, String(value)])),
  };
}

/** What those take who are asked most; everybody else gets all there is. */
function formatFor(host: string): AlertFormat {
  if (host === "hooks.slack.com") return "slack";
  return host === "ntfy.sh" ? "ntfy" : "json";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

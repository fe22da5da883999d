/** The keys of a route for alerts. */

import { isMailAddress, mailAddresses, parseSmtp } from "../values/mail.ts";
import { nearest } from "../values/nearest.ts";
import { given, ValueError } from "../values/valueError.ts";
import { command, environment } from "./commandKinds.ts";
import type { AlertConfig } from "./configTypes.ts";
import { type Kind, leaf } from "./kind.ts";
import type { Place } from "./place.ts";
import { json } from "./plainJson.ts";
import { oneOf, path, text, url } from "./scalars.ts";
import { isPlainObject, section } from "./structures.ts";
import { optionalKey } from "./table.ts";

/** Several with commas between. */
const addresses: Kind<string> = mailKind("addresses", (value) => mailAddresses(value));
const address: Kind<string> = mailKind("address", (value) => [value]);

function mailKind(label: string, split: (value: string) => readonly string[]): Kind<string> {
  const meant = "a mail address such as ops@example.com";
  return leaf({
    ...{ label: `mail ${label}`, meant, schema: text.schema },
    parse: (value) => {
      const found = typeof value === "string" ? split(value) : [];
      if (typeof value === "string" && found.length > 0 && found.every(isMailAddress)) return value;
      throw new ValueError(`${given(value)} is not ${meant}`);
    },
  });
}

const SMTP = 'an address such as "smtp://mail.example.com:587"';
const server = leaf({
  ...{ label: "address", meant: SMTP, schema: text.schema },
  parse: (value) => {
    if (typeof value === "string" && parseSmtp(value) !== undefined) return value;
    throw new ValueError(`it is not ${SMTP}`);
  },
});
/** There may be a password in it. */
const smtp: Kind<string> = { ...server, read: (value, at) => server.read(value, at.secret()) };

export const ALERT_KEYS = {
  name: optionalKey(text, {
    shown: "the kind and the host, program or address",
    doc: "What `daemonitor alerts` calls it.",
    example: "phone",
  }),
  webhook: optionalKey(url, { doc: "Address that each alert is posted to.", example: "https://example.com/alerts" }),
  format: optionalKey(oneOf("json", "slack", "ntfy"), {
    shown: "slack for hooks.slack.com, ntfy for ntfy.sh, else json",
    doc: "What is posted: everything there is as JSON; `{ text }` as Slack, Mattermost and others take it; or text with the headers of ntfy.",
    example: "slack",
  }),
  headers: optionalKey(environment, { doc: "Headers of what is posted.", example: { Authorization: "Bearer 1234" } }),
  exec: optionalKey(command, {
    doc: "Program that is run for each alert, as the supervisor's user; the alert is on its standard input, as JSON.",
    example: ["./page-me.sh"],
  }),
  cwd: optionalKey(path, { shown: "the directory of the configuration", doc: "Working directory of the program.", example: "/srv" }),
  mail: optionalKey(addresses, { doc: "Address that alerts are mailed to; several with commas between.", example: "ops@example.com" }),
  from: optionalKey(address, { shown: "daemonitor at this machine", doc: "The sender of mails.", example: "daemonitor@example.com" }),
  smtp: optionalKey(smtp, {
    shown: "sendmail(8), or the mail server of this machine",
    doc: "Mail server: `smtp://` uses STARTTLS where it is offered, `smtps://` is encrypted from the start.",
    example: "smtp://user:password@mail.example.com:587",
  }),
};

const keys = section(ALERT_KEYS);

export const alert: Kind<AlertConfig> = {
  label: "alert",
  meant: 'an object such as { webhook: "https://…" } or { exec: ["./page-me.sh"] }',
  schema: {
    ...keys.schema,
    additionalProperties: true,
    anyOf: [{ required: ["webhook"] }, { required: ["exec"] }, { required: ["mail"] }],
  },
  keys: ALERT_KEYS,
  read(value, at) {
    if (!isPlainObject(value)) return at.error(`${given(value)} is not ${alert.meant}`, { value });
    const { webhook, exec, mail } = value;
    if ([webhook, exec, mail].filter((target) => target !== undefined && target !== null).length !== 1) {
      return at.error('exactly one of "webhook", "exec" and "mail" is needed');
    }
    const known = Object.entries(value).filter(([name]) => Object.hasOwn(ALERT_KEYS, name));
    const others = Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(ALERT_KEYS, name)));
    for (const name of Object.keys(others)) unknownKey(name, at.at(name));
    const read = keys.read(Object.fromEntries(known), at);
    const kept = json.read(others, at);
    if (read === undefined || !isPlainObject(kept)) return undefined;
    const written = Object.entries(read).filter(([, one]) => one !== null);
    const cwd = read.exec == null ? {} : { cwd: read.cwd ?? at.surroundings.directory };
    return { ...kept, ...Object.fromEntries(written), ...cwd };
  },
};

/** It may be for whoever reads the file besides us. */
function unknownKey(name: string, at: Place): void {
  const near = nearest(name, Object.keys(ALERT_KEYS));
  at.warning(
    `there is no such key: ${near === undefined ? `there are ${Object.keys(ALERT_KEYS).join(", ")}` : `did you mean "${near}"?`}`,
    { nearest: near },
  );
}

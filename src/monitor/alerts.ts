/** What is told to people when something fails and when it is well again, in the formats of those who carry it. Pure. */
import { formatDuration } from "../values/duration.ts";

export interface Notice {
  readonly kind: "failing" | "recovered" | "test";
  /** Names what is told of: "check web/0: memory above 512 MiB", "web/0 failed". */
  readonly key: string;
  /** "web/0", "/var", "journal" */
  readonly subject: string;
  /** "memory above 512 MiB", "failed" */
  readonly title: string;
  /** A sentence. */
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When it began to fail. */
  readonly since: number | null;
  /** How often that was since it was told last. */
  readonly count: number;
}

/** How a webhook wants it. */
export const ALERT_FORMATS = ["json", "slack", "ntfy"] as const;

export type AlertFormat = (typeof ALERT_FORMATS)[number];

export interface AlertBody {
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a program gets on its standard input, and a webhook without a format. */
export interface AlertJson {
  readonly version: 1;
  readonly source: "daemonitor";
  readonly host: string;
  readonly kind: Notice["kind"];
  readonly subject: string;
  readonly title: string;
  readonly message: string;
  /** ISO 8601 */
  readonly at: string;
  readonly since: string | null;
  readonly count: number;
}

const WORDS: Readonly<Record<Notice["kind"], string>> = { failing: "FAILING", recovered: "recovered", test: "test" };

/** @param host name of this machine */
export function alertJson({ kind, subject, title, message, at, since, count }: Notice, host: string): AlertJson {
  const iso = (moment: number) => new Date(moment).toISOString();
  return {
    version: 1,
    source: "daemonitor",
    host,
    kind,
    subject,
    title,
    message,
    at: iso(at),
    since: since === null ? null : iso(since),
    count,
  };
}

/**
 * One line: what, on which machine.
 *
 * @example
 * alertTitle(notice, "alpha") // "[alpha] FAILING web/0: memory above 512 MiB"
 */
export function alertTitle({ kind, subject, title, count }: Notice, host: string): string {
  return oneLine(`[${host}] ${WORDS[kind]} ${subject}: ${title}${count > 1 ? ` (${count} times)` : ""}`);
}

/** Paragraphs for a letter. */
export function alertText(notice: Notice, host: string): string {
  const { message, at, since, kind, count } = notice;
  const facts = [
    `Machine: ${host}`,
    `Time:    ${new Date(at).toISOString()}`,
    ...(since === null
      ? []
      : [kind === "recovered" ? `Lasted:  ${formatDuration(Math.max(0, at - since))}` : `Since:   ${new Date(since).toISOString()}`]),
    ...(count > 1 ? [`Count:   ${count} times since this was told last`] : []),
  ];
  return `${message}\n\n${facts.join("\n")}\n`;
}

/**
 * - `json`: {@link AlertJson}
 * - `slack`: `{ "text": … }`, which Slack, Mattermost, Rocket.Chat and others take
 * - `ntfy`: text, with the headers of ntfy.sh
 */
export function alertBody(format: AlertFormat, notice: Notice, host: string): AlertBody {
  switch (format) {
    case "json":
      return { type: "application/json", headers: {}, body: JSON.stringify(alertJson(notice, host)) };
    case "slack":
      return {
        type: "application/json",
        headers: {},
        body: JSON.stringify({ text: escapeSlack(`*${alertTitle(notice, host)}*\n${notice.message}`) }),
      };
    case "ntfy": {
      const failing = notice.kind === "failing";
      const headers = {
        Title: headerText(alertTitle(notice, host)),
        Priority: failing ? "high" : "default",
        Tags: failing ? "rotating_light" : "white_check_mark",
      };
      return { type: "text/plain; charset=utf-8", headers, body: notice.message };
    }
  }
}

/** A header is ASCII: anything else is put into an encoded word of RFC 2047. */
export function headerText(text: string): string {
  const clean = oneLine(text);
  return /^[\x20-\x7e]*$/.test(clean) ? clean : encodedWords(clean);
}

/** Each of 75 bytes at the most, without cutting a character. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let part = "";
  for (const character of text) {
    if (Buffer.byteLength(part + character) > 42) {
      words.push(part);
      part = "";
    }
    part += character;
  }
  return [...words, part].map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join(" ");
}

function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Names and messages can hold anything; a title has one line. */
function oneLine(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, 250)
    .toWellFormed();
}

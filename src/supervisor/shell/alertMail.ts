/** An alert as a letter: composed, and handed to sendmail(8) or to a server. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { alertText, alertTitle, headerText, type Notice } from "../../monitor/alerts.ts";
import type { AlertRoute } from "../../monitor/alertsRoutes.ts";
import { runWithInput } from "./alertExec.ts";

type MailRoute = Extract<AlertRoute, { readonly kind: "mail" }>;

/** Where every mail server puts it. */
const SENDMAIL = "/usr/sbin/sendmail";

export interface Posting {
  readonly host: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** By the server of the route; else by sendmail(8), else by the server of this machine. @throws AlertError */
export async function mail(route: MailRoute, notice: Notice, { host, env, timeout }: Posting): Promise<void> {
  const from = route.from ?? `daemonitor@${asciiHost(host)}`;
  const letter = compose({ from, to: route.to, notice, host });
  if (route.smtp === null && existsSync(SENDMAIL)) {
    await runWithInput({
      command: [SENDMAIL, "-i", "-f", from, "--", ...route.to],
      cwd: "/",
      env,
      input: letter.replaceAll("\r\n", "\n"),
      timeout,
    });
    return;
  }
  const { sendMail } = await import("./smtp.ts");
  const server = route.smtp ?? { host: "127.0.0.1", port: 25, secure: false, user: null, password: null };
  await sendMail({ server, from, to: route.to, letter, name: asciiHost(host), timeout });
}

interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly notice: Notice;
  readonly host: string;
}

/** As RFC 5322 has it; the text in base64, so that no line is too long and none begins with a dot. */
export function compose({ from, to, notice, host }: Letter): string {
  const text = Buffer.from(alertText(notice, host)).toString("base64");
  const headers = [
    `Date: ${new Date(notice.at).toUTCString().replace("GMT", "+0000")}`,
    `From: daemonitor <${from}>`,
    `To: ${to.join(",\r\n ")}`,
    `Subject: ${headerText(alertTitle(notice, host)).replaceAll("?= =?", "?=\r\n =?")}`,
    `Message-ID: <${randomUUID()}@${asciiHost(host)}>`,
    // RFC 3834: nobody who is away should answer.
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
  ];
  return `${headers.join("\r\n")}\r\n\r\n${(text.match(/.{1,76}/g) ?? []).join("\r\n")}\r\n`;
}

function asciiHost(host: string): string {
  const clean = host.replaceAll(/[^\w.-]/g, "");
  return clean === "" ? "localhost" : clean;
}

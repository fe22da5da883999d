/**
 * The dashboard: a web page about one supervisor, served by a process of its own.
 *
 *   const dashboard = await serveDashboard({ client, token, host: "127.0.0.1", port: 9977, historyDirectory });
 *   console.log(dashboard.url);       // http://127.0.0.1:9977/#token=…
 *   await dashboard.close();
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "../api/client.ts";
import { formatHostPort } from "../values/address.ts";
import { act } from "./act.ts";
import { answerError, answerFailure, answerJson } from "./answers.ts";
import { Assets } from "./assets.ts";
import { systemErrorOf } from "./fileErrors.ts";
import { refuseForeign, refuseHost, UNKNOWN_USER } from "./guard.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import { Live } from "./live.ts";
import { GET_PATHS, type Parts } from "./pageApi.ts";
import { Recorder } from "./recorder.ts";
import { bodyOf } from "./requestBody.ts";
import { Sessions } from "./session.ts";

export interface DashboardOptions {
  /** Of the supervisor; it stays the caller's. */
  readonly client: Client;
  /** Who gives it may look and act. */
  readonly token: string;
  /** An address of this machine. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Names that it answers to, besides its addresses and localhost. */
  readonly names?: readonly string[];
  /** Made where it isn't there. */
  readonly historyDirectory: string;
  /** Called with a sentence for each problem that begins. */
  readonly tell?: (problem: string) => void;
}

export interface Dashboard {
  /** With the token, for who started it. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** As many as a few people with a few tabs need; a page has two. */
const MOST_CONNECTIONS = 256;

/** @throws DaemonError where it can't listen there: EADDRINUSE, EACCES … */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { client, token, host, historyDirectory, tell = () => {} } = options;
  const recorder = new Recorder(historyDirectory, client, tell);
  const live = new Live(client, (sample) => recorder.add(sample));
  const site: Site = {
    parts: { client, live, recorder },
    assets: Assets.load(),
    sessions: new Sessions(token, options.port),
    names: new Set((options.names ?? []).map((name) => name.toLowerCase())),
  };
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    answer(site, request, response).catch((error: unknown) => answerFailure(response, error));
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(systemErrorOf(error, "listen", formatHostPort({ host, port: options.port }))));
    server.listen({ host, port: options.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  live.start();
  return {
    url: `http://${formatHostPort({ host: WILDCARDS[host] ?? host, port })}/#token=${encodeURIComponent(token)}`,
    port,
    async close() {
      live.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      recorder.close();
    },
  };
}

/** What to type in a browser where it listens everywhere. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

interface Site {
  readonly parts: Parts;
  readonly assets: Assets;
  readonly sessions: Sessions;
  readonly names: ReadonlySet<string>;
}

async function answer({ parts, assets, sessions, names }: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const { headers, method = "GET" } = request;
  const refused = refuseHost(headers.host, names);
  if (refused !== undefined) return answerError(response, refused);
  const { pathname, searchParams } = new URL(request.url?.startsWith("/") ? `http://dashboard${request.url}` : "http://dashboard/?");
  if (method === "GET" || method === "HEAD") {
    // The page itself holds no secret: it asks for the token.
    if (assets.has(pathname)) return assets.answer(pathname, request, response);
    const paths = Object.hasOwn(GET_PATHS, pathname) ? GET_PATHS[pathname] : undefined;
    const isMetrics = pathname === "/metrics";
    if (paths === undefined && !isMetrics) return answerError(response, NO_SUCH_PATH);
    if (!isKnown(sessions, request)) return answerError(response, UNKNOWN_USER, { "WWW-Authenticate": 'Bearer realm="daemonitor"' });
    if (paths !== undefined) return paths(parts, searchParams, response, request);
    const metrics = await parts.client.metricsFor(headers.accept);
    response.writeHead(200, { "Content-Type": metrics.type, "Cache-Control": "no-store" });
    return void response.end(metrics.text);
  }
  if (method !== "POST") return answerError(response, { ...NO_SUCH_PATH, status: 405, code: "ERR_METHOD" });
  const foreign = refuseForeign(headers);
  if (foreign !== undefined) return answerError(response, foreign);
  if (pathname === "/api/session") {
    const { token } = await bodyOf(request);
    if (typeof token !== "string" || !sessions.isToken(token)) return answerError(response, UNKNOWN_USER);
    return answerJson(response, {}, 200, { "Set-Cookie": sessions.cookie(Date.now(), headers.origin?.startsWith("https:")) });
  }
  if (!isKnown(sessions, request)) return answerError(response, UNKNOWN_USER);
  if (pathname === "/api/session/end") return answerJson(response, {}, 200, { "Set-Cookie": sessions.end() });
  if (pathname === "/api/act") return answerJson(response, await act(parts.client, await bodyOf(request)));
  answerError(response, NO_SUCH_PATH);
}

const NO_SUCH_PATH = { status: 404, code: "ERR_NO_SUCH_PATH", message: "there is nothing at this path", hint: null };

/** By the cookie of the page, or the token of a program: `Authorization: Bearer …`. */
function isKnown(sessions: Sessions, { headers }: IncomingMessage): boolean {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  return bearer === undefined ? sessions.isSession(headers.cookie, Date.now()) : sessions.isToken(bearer);
}

/** The files of the page. They are read once, with their compressed forms, and answered from memory. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { quietly } from "./quietly.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

interface Asset {
  readonly type: string;
  readonly tag: string;
  readonly plain: Buffer;
  /** By the name that Accept-Encoding has. */
  readonly packed: ReadonlyMap<string, Buffer>;
}

export class Assets {
  readonly #files: ReadonlyMap<string, Asset>;

  private constructor(files: ReadonlyMap<string, Asset>) {
    this.#files = files;
  }

  /** A package has the page bundled beside its code; a checkout has its sources, whose types are taken off here. */
  static load(here: string = import.meta.dirname): Assets {
    const built = join(here, "dashboard");
    if (existsSync(join(built, "main.js"))) return new Assets(readBuilt(built));
    return new Assets(readSources(join(here, "../../dashboard"), here));
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** @param path "/" is the page itself; one that {@link has} knows */
  answer(path: string, request: IncomingMessage, response: ServerResponse): void {
    const asset = this.#files.get(path);
    if (asset === undefined) return void response.writeHead(404).end();
    const headers = { "Content-Type": asset.type, "Cache-Control": "no-cache", ETag: asset.tag, Vary: "Accept-Encoding" };
    if (request.headers["if-none-match"] === asset.tag) return void response.writeHead(304, headers).end();
    const accepted = new Set(String(request.headers["accept-encoding"] ?? "").split(/\s*[,;]\s*/));
    const [encoding, body] = [...asset.packed].find(([name]) => accepted.has(name)) ?? [undefined, asset.plain];
    response.writeHead(200, {
      ...headers,
      "Content-Length": body.length,
      ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }
}

function readBuilt(folder: string): ReadonlyMap<string, Asset> {
  const names = readdirSync(folder).filter((name) => extension(name) in TYPES);
  return new Map(
    names.map((name) => {
      const packed = new Map<string, Buffer>();
      for (const [encoding, ending] of [
        ["br", ".br"],
        ["gzip", ".gz"],
      ] as const) {
        const file = join(folder, `${name}${ending}`);
        if (existsSync(file)) packed.set(encoding, readFileSync(file));
      }
      return [pathOf(name), asset(name, readFileSync(join(folder, name)), packed)];
    }),
  );
}

function readSources(folder: string, server: string): ReadonlyMap<string, Asset> {
  const read = (path: string, name: string): [string, Asset] => {
    const text = readFileSync(path, "utf8");
    const code = name.endsWith(".ts") ? quietly(() => stripTypeScriptTypes(text)) : text.replaceAll("main.js", "main.ts");
    return [pathOf(name), asset(name, Buffer.from(code), new Map())];
  };
  const names = readdirSync(folder).filter((name) => extension(name) in TYPES);
  // The page imports the names of the wire from the server's side.
  return new Map([
    ...names.map((name) => read(join(folder, name), name)),
    ["/src/dashboard/wire.ts", read(join(server, "wire.ts"), "wire.ts")[1]],
  ]);
}

function pathOf(name: string): string {
  return name === "index.html" ? "/" : `/assets/${name}`;
}

function asset(name: string, plain: Buffer, packed: ReadonlyMap<string, Buffer>): Asset {
  const tag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { type: TYPES[extension(name)] ?? "application/octet-stream", tag, plain, packed };
}

function extension(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The JSON object that a request carries. */
import type { IncomingMessage } from "node:http";
import { BadRequest } from "./answers.ts";

const LONGEST = 16 * 1024;

/** @throws BadRequest for anything else than one JSON object of up to 16 KiB */
export async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) throw new BadRequest("the request must carry application/json");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST) throw new BadRequest(`the request is longer than ${LONGEST} bytes`, "ERR_TOO_LARGE");
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new BadRequest("the request is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadRequest("the request is no JSON object");
  return value as Readonly<Record<string, unknown>>;
}

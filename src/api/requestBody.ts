/** The body of a request, as JSON. */
import type { IncomingMessage } from "node:http";
import { ApiError } from "./apiError.ts";
import { bad } from "./requestFields.ts";

/** Bytes of a body. */
export const LARGEST_BODY = 16 * 1024 * 1024;

/**
 * The parsed body, {} for none. One that is too large is refused before more of it is kept.
 *
 * @throws ApiError ERR_TOO_LARGE, or ERR_BAD_REQUEST for what is no JSON in UTF-8
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > LARGEST_BODY) throw tooLarge();
  const bytes = await collect(request);
  if (bytes.length === 0) return {};
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw bad("the body is no UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(`the body is no JSON: ${error instanceof SyntaxError ? shortened(error.message) : error}`);
  }
}

function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (bytes: Buffer) => {
      length += bytes.length;
      if (length > LARGEST_BODY) {
        chunks.length = 0;
        reject(tooLarge());
      } else {
        chunks.push(bytes);
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    const cut = () => reject(bad("the connection ended before the body did"));
    request.on("error", cut);
    request.on("close", cut);
  });
}

function tooLarge(): ApiError {
  const message = `the body has more than ${LARGEST_BODY / 1024 / 1024} MiB`;
  return new ApiError("ERR_TOO_LARGE", message, "send fewer services at once");
}

/** V8 quotes what it could not read: that may be long, and is no place for secrets. */
function shortened(message: string): string {
  return message.replace(/[,:]? ?(\.\.\.)?"[\s\S]*$/, "").slice(0, 200);
}

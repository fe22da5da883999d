/** Kinds of single values. */
import { parseAccount } from "../values/account.ts";
import { type HostPort, parseHostPort, parseSocketAddress, type SocketAddress } from "../values/address.ts";
import { parseDuration } from "../values/duration.ts";
import { parseIoPriority } from "../values/ioPriority.ts";
import { parseMode } from "../values/mode.ts";
import { nearest } from "../values/nearest.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { parseSize } from "../values/size.ts";
import { given, ValueError } from "../values/valueError.ts";
import { type Kind, leaf } from "./kind.ts";

/** Text that can be a C string. */
export const text: Kind<string> = leaf({ label: "text", meant: "text", schema: { type: "string", minLength: 1 }, parse: parseText });

export const boolean: Kind<boolean> = leaf({
  label: "boolean",
  meant: "true or false",
  schema: { type: "boolean" },
  fromText: (word) => ({ true: true, false: false })[word] ?? word,
  parse: (value) => {
    if (typeof value === "boolean") return value;
    throw new ValueError(`${given(value)} is not true or false`);
  },
});

/** A path, made absolute. Only joined: "a/../b" stays, since a may be a link. */
export const path: Kind<string> = leaf({
  label: "path",
  meant: "a path",
  schema: { type: "string", minLength: 1 },
  parse: (value, { surroundings }) => {
    if (typeof value !== "string") throw new ValueError(`${given(value)} is not a path`);
    const checked = parseText(value);
    if (/^~(?:\/|$)/.test(checked)) {
      throw new ValueError(`${given(value)} begins with "~", which only a shell expands: write "\${HOME}${checked.slice(1)}"`);
    }
    return absolute(checked, surroundings.directory);
  },
});

/** The name of a signal, with "SIG". */
export const signal: Kind<string> = leaf({
  label: "signal",
  meant: 'a signal such as "SIGTERM"',
  schema: { type: ["string", "integer"] },
  parse: (value) => signalName(parseSignal(value)),
});

export const mode: Kind<number> = leaf({
  label: "octal text",
  meant: 'an octal mode such as "022"',
  schema: { type: ["string", "integer"] },
  parse: parseMode,
});

export const account: Kind<string | number> = leaf({
  label: "name or number",
  meant: "a name, nor a number",
  schema: { type: ["string", "integer"] },
  parse: parseAccount,
});

export const ioPriority: Kind<string> = leaf({
  label: "I/O priority",
  meant: 'an I/O priority such as "idle" or "best-effort:4"',
  schema: { type: "string", pattern: "^(idle|(realtime|best-effort)(:[0-7])?)$|\\$\\{" },
  parse: parseIoPriority,
});

export const port: Kind<HostPort> = leaf({
  label: "port",
  meant: 'a port, or a host and port such as "127.0.0.1:8080"',
  schema: { type: ["string", "integer"] },
  parse: parseHostPort,
});

export const socket: Kind<SocketAddress> = leaf({
  label: "address",
  meant: 'an address such as "tcp://127.0.0.1:8080"',
  schema: { type: "string", pattern: "^(tcp|udp|unix)://|\\$\\{" },
  parse: parseSocketAddress,
});

export const url: Kind<string> = leaf({
  label: "URL",
  meant: 'a URL such as "http://127.0.0.1:8080/health"',
  schema: { type: "string", pattern: "^https?://|\\$\\{" },
  parse: (value) => {
    const parsed = typeof value === "string" ? URL.parse(value) : null;
    if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.hostname !== "") return String(value);
    throw new ValueError(`${given(value)} is not a URL such as "http://127.0.0.1:8080/health"`);
  },
});

export const pattern: Kind<string> = leaf({
  label: "regular expression",
  meant: "a regular expression",
  schema: { type: "string", minLength: 1 },
  parse: (value) => {
    const source = parseText(value);
    try {
      new RegExp(source, "u");
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^.*: /s, "") : "unknown";
      throw new ValueError(`${given(value)} is not a regular expression: ${why}`, { cause: error });
    }
    return source;
  },
});

export function integer(least: number, most: number): Kind<number> {
  const meant = `a whole number from ${least} to ${most}`;
  return leaf({
    label: "number",
    meant,
    schema: { type: "integer", minimum: least, maximum: most },
    fromText: numberOf,
    parse: (value) => {
      if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
      throw new ValueError(`${given(value)} is not ${meant}`);
    },
  });
}

export function number(least: number): Kind<number> {
  return leaf({
    label: "number",
    meant: `a number from ${least} up`,
    schema: { type: "number", minimum: least },
    fromText: numberOf,
    parse: (value) => {
      if (typeof value === "number" && Number.isFinite(value) && value >= least) return value;
      throw new ValueError(`${given(value)} is not a number from ${least} up`);
    },
  });
}

export function oneOf<const T extends string>(...choices: readonly T[]): Kind<T> {
  const meant = choices.map(given).join(" or ");
  return leaf({
    label: "word",
    meant,
    choices,
    schema: { enum: choices },
    fromText: (word) => word,
    parse: (value) => {
      const found = choices.find((choice) => choice === value);
      if (found !== undefined) return found;
      const near = typeof value === "string" ? nearest(value, choices) : undefined;
      throw new ValueError(`${given(value)} is not ${meant}${near === undefined ? "" : `: did you mean ${given(near)}?`}`);
    },
  });
}

/** Milliseconds, above 0 unless `zero`. */
export function duration({ zero = false } = {}): Kind<number> {
  return leaf({
    label: "duration",
    meant: 'a duration such as "30s"',
    schema: { type: ["string", "number"] },
    parse: (value) => {
      const ms = parseDuration(value);
      if (ms === Number.POSITIVE_INFINITY) throw new ValueError(`${given(value)} is too long: this has to end`);
      if (ms === 0 && !zero) throw new ValueError(`${given(value)} is no time at all: give a duration such as "30s"`);
      return ms;
    },
  });
}

/** Bytes, above 0. */
export const size: Kind<number> = leaf({
  label: "size",
  meant: 'a size such as "10MiB"',
  schema: { type: ["string", "integer"] },
  parse: (value) => {
    const bytes = parseSize(value);
    if (bytes === 0) throw new ValueError(`${given(value)} is no size: give one such as "10MiB"`);
    return bytes;
  },
});

/** A share of processors: 1.5, or "150%". */
export const processors: Kind<number> = leaf({
  label: "number or percentage",
  meant: 'a number of processors such as 1.5 or "150%"',
  schema: { type: ["string", "number"] },
  parse: (value) => {
    const [, percent] = (typeof value === "string" && /^(\d+(?:\.\d+)?)\s*%$/.exec(value)) || [];
    const share = percent === undefined ? value : Number(percent) / 100;
    if (typeof share === "number" && Number.isFinite(share) && share > 0) return share;
    throw new ValueError(`${given(value)} is not a number of processors such as 1.5 or "150%"`);
  },
});

export const compression: Kind<"zstd" | "gzip" | false> = leaf({
  label: "word or boolean",
  meant: '"zstd", "gzip", true or false',
  choices: ["zstd", "gzip", "true", "false"],
  schema: { enum: ["zstd", "gzip", true, false] },
  parse: (value) => {
    if (value === true) return "zstd";
    if (value === "zstd" || value === "gzip" || value === false) return value;
    throw new ValueError(`${given(value)} is not "zstd", "gzip", true or false`);
  },
});

/** A word stands for null: no limit, for ever. */
export function orNone<T>(word: string, kind: Kind<T>): Kind<T | null> {
  return {
    ...kind,
    label: `${kind.label} or ${given(word)}`,
    schema: { anyOf: [kind.schema, { const: word }] },
    read: (value, at) => (value === word || value === Number.POSITIVE_INFINITY ? null : kind.read(value, at)),
  };
}

function absolute(path: string, directory: string): string {
  if (path.startsWith("/")) return path;
  const rest = path.replace(/^(?:\.\/+)+/, "").replace(/^\.$/, "");
  return rest === "" ? directory : `${directory.replace(/\/$/, "")}/${rest}`;
}

function parseText(value: unknown): string {
  if (typeof value !== "string") throw new ValueError(`${given(value)} is not text`);
  if (value === "") throw new ValueError("it is empty");
  if (value.includes("\0")) throw new ValueError(`${given(value)} has a NUL byte in it`);
  if (!value.isWellFormed()) throw new ValueError(`${given(value)} is not valid Unicode`);
  return value;
}

function numberOf(digits: string): unknown {
  return /^-?\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : digits;
}

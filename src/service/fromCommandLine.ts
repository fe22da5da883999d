/** A configuration from the words of `daemonitor start`, with pm2's habits. */
import { basename, extname } from "node:path";
import type { Config, ServiceConfig } from "./configTypes.ts";
import { nameMistake } from "./names.ts";
import { literal } from "./substitute.ts";

/** Keys of a service that a flag sets, as a configuration would have them. */
export type StartFlags = Omit<ServiceConfig, "command" | "script" | "args"> & {
  /** Default: the name of the script or program, without its extension. */
  readonly name?: string | undefined;
};

/** A script, with its arguments; or, after `--`, a command. */
export type StartTarget =
  | { readonly script: string; readonly args?: readonly string[] | undefined }
  | { readonly command: readonly string[] };

/**
 * The configuration that `daemonitor start` means. It is then checked as any other, with `directory` the current one.
 *
 * A service started by hand gets the variables of the caller, as with pm2: `PORT=3000 daemonitor start app.js`.
 * The caller's shell filled variables in already, so `${…}` in these words is no variable any more.
 *
 * @example
 * // daemonitor start app.js --name web -i 2 -- --port 80
 * fromCommandLine({ script: "app.js", args: ["--port", "80"] }, { name: "web", instances: 2 });
 */
export function fromCommandLine(target: StartTarget, { name, ...flags }: StartFlags = {}): Config {
  const what: ServiceConfig =
    "script" in target
      ? { script: literal(target.script), ...(target.args?.length ? { args: target.args.map(literal) } : {}) }
      : { command: target.command.map(literal) };
  const file = "script" in target ? target.script : (target.command[0] ?? "");
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  return { services: { [name ?? nameFor(file)]: { inheritEnv: true, ...what, ...(deepLiteral(given) as ServiceConfig) } } };
}

/**
 * The name of a service for a file: what comes before its extension, in characters that a name may have.
 *
 * @example
 * nameFor("/srv/my app.js"); // "my app"
 */
export function nameFor(file: string): string {
  const stem = basename(file, extname(file)) || basename(file);
  const clean = stem
    .replaceAll(/[*?[\]{}!\\\p{Cc}\p{Cf}]/gu, "-")
    .replace(/^[-.]+/, "")
    .trim();
  return nameMistake(clean) === undefined ? clean : "service";
}

function deepLiteral(value: unknown): unknown {
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) return value.map(deepLiteral);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepLiteral(inner)]));
}

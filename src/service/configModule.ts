/** Runs a configuration that is a program: TypeScript or JavaScript. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { Mistake } from "./source.ts";

/** A configuration finds it wherever it lies, also where daemonitor is installed elsewhere on the machine. */
const OURS = "daemonitor/config";
const OURS_URL = "daemonitor:config";
const OURS_SOURCE = "export const defineConfig = (config) => config;";

export type Loaded = { readonly value: unknown; readonly mistakes: readonly Mistake[] };

/** Imports the file, and takes its default export. Node runs TypeScript as it is, so only with erasable syntax. */
export async function importConfig(path: string): Promise<Loaded> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === OURS ? { url: OURS_URL, format: "module", shortCircuit: true } : next(specifier, context),
    load: (url, context, next) => (url === OURS_URL ? { format: "module", source: OURS_SOURCE, shortCircuit: true } : next(url, context)),
  });
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
    if (!("default" in loaded)) return failed({ message: "it exports no configuration: write `export default defineConfig({ … })`" });
    // A CommonJS file that was compiled from a module has its default export inside.
    const value = loaded.default;
    return { value: isCompiled(value) ? value.default : value, mistakes: [] };
  } catch (error) {
    return failed(whatWentWrong(error, path));
  } finally {
    hooks.deregister();
  }
}

function isCompiled(value: unknown): value is { readonly default: unknown } {
  return typeof value === "object" && value !== null && "__esModule" in value && "default" in value;
}

function failed(mistake: Mistake): Loaded {
  return { value: undefined, mistakes: [mistake] };
}

/** The error's first line, and the place in the file that threw it, where its stack names one. */
function whatWentWrong(error: unknown, path: string): Mistake {
  if (!(error instanceof Error))
    return { message: `it throws ${typeof error === "string" ? JSON.stringify(error) : "something that is no error"}` };
  const message = `it can't be run: ${error.name}: ${error.message.split("\n")[0]}`;
  const places = (error.stack ?? "").split("\n").flatMap((line) => {
    const [, line_, column] = (line.includes(path) && /:(\d+)(?::(\d+))?\)?$/.exec(line)) || [];
    return line_ === undefined ? [] : [{ line: Number(line_), ...(column === undefined ? {} : { column: Number(column) }) }];
  });
  return { message, ...places[0] };
}

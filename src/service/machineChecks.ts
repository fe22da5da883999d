/** What this machine lacks for a service at the moment. Warnings: a deployment may still bring it, and a start says it again. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { isExecutable } from "../launch/findProgram.ts";
import { given } from "../values/valueError.ts";
import type { Place } from "./place.ts";
import type { ServiceSpec } from "./specTypes.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** One for a whole configuration: thousands of services share a program. */
export class MachineChecks {
  readonly #programs = new Map<string, string | undefined>();

  /** `script` is the file that the author named in place of a command. */
  check(spec: ServiceSpec, script: string | null, at: Place): void {
    const { command, cwd, env, pidFile, sockets, hooks } = spec;
    if (!isDirectory(cwd)) at.at("cwd").warning(`${at.shown(cwd)} is not a directory at the moment`, { value: at.shown(cwd) });
    const path = env.PATH ?? at.surroundings.variables.PATH ?? DEFAULT_PATH;
    if (script === null || !command[0]?.endsWith(script))
      this.#program(command[0], path, cwd, at.at(script === null ? "command" : "script"));
    if (script !== null && !isFile(resolve(script, cwd))) {
      const shown = at.shown(script);
      at.at("script").warning(`the file ${given(shown)} is not in ${at.shown(cwd)} at the moment`, { value: shown });
    }
    if (hooks.beforeStart !== null) this.#program(hooks.beforeStart[0], path, cwd, at.at("hooks").at("beforeStart"));
    if (hooks.afterExit !== null) this.#program(hooks.afterExit[0], path, cwd, at.at("hooks").at("afterExit"));
    if (pidFile !== null) this.#parent(pidFile, at.at("pidFile"));
    for (const [name, address] of Object.entries(sockets)) {
      if (address.kind === "unix") this.#parent(address.path, at.at("sockets").at(name));
    }
  }

  #program(name: string | undefined, path: string, cwd: string, at: Place): void {
    if (name === undefined) return;
    const key = `${name}\0${path}\0${cwd}`;
    if (!this.#programs.has(key)) this.#programs.set(key, missing(name, path, cwd));
    const why = this.#programs.get(key);
    if (why !== undefined) at.warning(`the program ${given(at.shown(name))} ${why}`, { value: at.shown(name) });
  }

  #parent(path: string, at: Place): void {
    const directory = dirname(path);
    if (!isDirectory(directory))
      at.warning(`${at.shown(path)} is in a directory that isn't there at the moment`, { value: at.shown(path) });
  }
}

/** Why exec would fail, or undefined. A name without a slash is looked up in PATH, as execvp(3) does. */
function missing(name: string, path: string, cwd: string): string | undefined {
  if (name.includes("/")) {
    const file = resolve(name, cwd);
    if (!isFile(file)) return "is not a file at the moment";
    return isExecutable(file) ? undefined : "is not executable: chmod +x makes it so";
  }
  const present = path
    .split(":")
    .map((directory) => resolve(name, directory === "" ? cwd : resolve(directory, cwd)))
    .filter(isFile);
  if (present.length === 0) return "is in no directory of PATH at the moment";
  return present.some(isExecutable) ? undefined : "is not executable: chmod +x makes it so";
}

function resolve(path: string, directory: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

function isFile(path: string): boolean {
  return look(path)?.isFile() === true;
}

function isDirectory(path: string): boolean {
  return look(path)?.isDirectory() === true;
}

/** Also undefined where we may not look: then it can't be said that something is missing, but nor can it be used. */
function look(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

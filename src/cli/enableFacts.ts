/** What enable and disable look up: who starts this machine, and what it is to start. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { DEFAULT_PATH } from "../launch/environment.ts";
import { native } from "../native/addon.ts";
import type { Home } from "../supervisor/state/home.ts";
import type { BootFacts } from "./enableSteps.ts";
import type { Boot } from "./enableUnit.ts";

export function bootFacts(env: NodeJS.ProcessEnv, uid: number): BootFacts {
  const account = native().user(uid);
  const user = account?.name ?? String(uid);
  const given = env.XDG_CONFIG_HOME;
  const config = given !== undefined && isAbsolute(given) ? given : join(env.HOME ?? account?.home ?? "/", ".config");
  return {
    uid,
    user,
    systemd: existsSync("/run/systemd/system"),
    crontab: findInPath("crontab", env.PATH) !== undefined,
    directories: { system: "/etc/systemd/system", user: join(config, "systemd/user") },
    lingers: existsSync(`/var/lib/systemd/linger/${user}`),
  };
}

/** @param home where the supervisor's files are */
export function bootOf(env: NodeJS.ProcessEnv, home: Home): Boot {
  const own = env.DAEMONITOR_HOME === "" ? undefined : env.DAEMONITOR_HOME;
  return {
    name: own === undefined ? "daemonitor" : `daemonitor-${own.replaceAll(/[^\w.]+/g, "-").replaceAll(/^-|-$/g, "")}`,
    program: [process.execPath, ownProgram()],
    path: withNode(env.PATH ?? DEFAULT_PATH),
    home: own,
    log: join(home.log, "supervisor.log"),
  };
}

/** The file, and none that is only installed as a link to it: a package manager may change that. */
function ownProgram(): string {
  const here = import.meta.dirname;
  return join(here, here.endsWith("/dist") ? ".." : "../..", "bin/daemonitor.cjs");
}

/** Services that are scripts for Node find the one that runs us. */
function withNode(path: string): string {
  const own = dirname(process.execPath);
  return path.split(delimiter).includes(own) ? path : `${path}${delimiter}${own}`;
}

function findInPath(name: string, path: string = DEFAULT_PATH): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The environment of a service, from what its author asked for and who applies it. */
import { readFileSync } from "node:fs";
import { parseEnvFile } from "../values/envFile.ts";
import type { Place } from "./place.ts";
import type { Variables } from "./substitute.ts";

export interface AskedEnvironment {
  readonly env: Readonly<Record<string, string | null>>;
  readonly envFile: readonly string[] | null;
  readonly inheritEnv: boolean | readonly string[];
}

/** Of a login session, a terminal or this process: not meant for a service, and others the next time. */
const OF_A_SESSION =
  /^(?:_|PWD|OLDPWD|SHLVL|TERM|TERM_.*|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|GDMSESSION|SESSION_MANAGER|TTY|GPG_TTY|SSH_.*|XDG_SESSION_.*|XDG_SEAT|XDG_VTNR|SUDO_.*|TMUX|TMUX_PANE|STY|WINDOW|PS1|PROMPT_COMMAND|VSCODE_.*|INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*|MAINPID|MANAGERPID|SYSTEMD_EXEC_PID|DAEMONITOR_.*|npm_.*|INIT_CWD)$/;

/** Inherited variables, then those of files, then `env`; the later ones win. By name, so that the order plays no part. */
export function composeEnvironment({ env, envFile, inheritEnv }: AskedEnvironment, at: Place): Readonly<Record<string, string>> {
  const all = new Map<string, string>(inherit(inheritEnv, at.surroundings.variables));
  for (const [index, path] of (envFile ?? []).entries()) {
    for (const [name, value] of readEnvFile(path, (envFile?.length ?? 0) > 1 ? at.at("envFile").at(index) : at.at("envFile")))
      all.set(name, value);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value === null) all.delete(name);
    else all.set(name, value);
  }
  return Object.fromEntries([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function inherit(which: AskedEnvironment["inheritEnv"], variables: Variables): [string, string][] {
  if (which === false) return [];
  const asked = (name: string) =>
    which === true
      ? !OF_A_SESSION.test(name)
      : which.some((wanted) => (wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted));
  return Object.entries(variables).flatMap(([name, value]): [string, string][] =>
    value !== undefined && asked(name) ? [[name, value]] : [],
  );
}

function readEnvFile(path: string, at: Place): readonly (readonly [string, string])[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    at.error(`${at.shown(path)} can't be read: ${REASONS[code] ?? code}`, { value: at.shown(path) });
    return [];
  }
  const { variables, wrongLines } = parseEnvFile(text);
  for (const line of wrongLines)
    at.error(`${at.shown(path)}:${line} is not a line NAME=VALUE, nor begins with "#"`, { value: at.shown(path) });
  return variables;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "no permission",
  EISDIR: "it is a directory",
  ENOTDIR: "a directory in its path is none",
};

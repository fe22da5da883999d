/**
 * Where a supervisor keeps what it has: one home, one supervisor.
 *
 *   const home = resolveHome(process.env, process.geteuid());   // pure: says where, also to a command that only asks
 *   ensureHome(home);                                           // creates and checks; the supervisor, or who starts it
 *
 * | | run (gone after a reboot) | state | log | config |
 * | --- | --- | --- | --- | --- |
 * | root | /run/daemonitor | /var/lib/daemonitor | /var/log/daemonitor | /etc/daemonitor |
 * | others | $XDG_RUNTIME_DIR/daemonitor | ~/.local/state/daemonitor | ~/.local/state/daemonitor/log | ~/.config/daemonitor |
 * | DAEMONITOR_HOME=/x | /x/run | /x/state | /x/log | /x/config |
 */
import { existsSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { native } from "../../native/addon.ts";
import { makeDirectory } from "./directory.ts";
import { stateError } from "./stateError.ts";

export interface Home {
  readonly uid: number;
  /** Absolute, as all of these. */
  readonly run: string;
  readonly state: string;
  readonly log: string;
  /** Read, never written: it isn't created. */
  readonly config: string;
  /** The control socket. */
  readonly socket: string;
  /** The files in `run` and `state`. */
  readonly lockFile: string;
  readonly journalFile: string;
  readonly desiredStateFile: string;
}

/** What has to be looked up. */
export interface Machine {
  exists(path: string): boolean;
  /** The user's home directory by its account. */
  homeOf(uid: number): string | undefined;
}

const THIS_MACHINE: Machine = { exists: existsSync, homeOf: (uid) => native().user(uid)?.home };

/** sun_path of unix(7) less the NUL. */
const LONGEST_SOCKET_PATH = 107;

/**
 * @throws DaemonError ERR_HOME for a DAEMONITOR_HOME that isn't absolute or a user without a home directory;
 * ERR_SOCKET_PATH where the socket's path would have more than 107 bytes
 *
 * @example
 * resolveHome({}, 0).run // "/run/daemonitor"
 */
export function resolveHome(env: NodeJS.ProcessEnv, uid: number, machine: Machine = THIS_MACHINE): Home {
  const { run, state, log, config } = directories(env, uid, machine);
  const socket = join(run, "control.sock");
  const length = Buffer.byteLength(socket);
  if (length > LONGEST_SOCKET_PATH) {
    const what = `has ${length} bytes, and the path of a socket can have ${LONGEST_SOCKET_PATH}`;
    throw stateError("ERR_SOCKET_PATH", "control socket", socket, what, "set DAEMONITOR_HOME to a directory with a shorter path");
  }
  return {
    ...{ uid, run, state, log, config, socket },
    lockFile: join(run, "lock"),
    journalFile: join(run, "journal"),
    desiredStateFile: join(state, "services.json"),
  };
}

/**
 * Creates the directories, mode 0700 (logs 0750), and refuses those that another user made, could write to or could exchange.
 *
 * @throws DaemonError ERR_HOME, or the errno of what failed
 */
export function ensureHome(home: Home): void {
  makeDirectory(home.run, 0o700, home.uid);
  makeDirectory(home.state, 0o700, home.uid);
  makeDirectory(home.log, 0o750, home.uid);
}

type Directories = Pick<Home, "run" | "state" | "log" | "config">;

function directories(env: NodeJS.ProcessEnv, uid: number, machine: Machine): Directories {
  const { DAEMONITOR_HOME: own = "" } = env;
  if (own !== "") {
    if (!isAbsolute(own)) {
      throw stateError(
        "ERR_HOME",
        "DAEMONITOR_HOME",
        own,
        "is no absolute path",
        "commands run in many directories: begin it with a slash",
      );
    }
    return { run: join(own, "run"), state: join(own, "state"), log: join(own, "log"), config: join(own, "config") };
  }
  if (uid === 0) {
    return { run: "/run/daemonitor", state: "/var/lib/daemonitor", log: "/var/log/daemonitor", config: "/etc/daemonitor" };
  }
  const state = join(absolute(env.XDG_STATE_HOME) ?? join(homeDirectory(env, uid, machine), ".local/state"), "daemonitor");
  const config = join(absolute(env.XDG_CONFIG_HOME) ?? join(homeDirectory(env, uid, machine), ".config"), "daemonitor");
  return { run: runtimeDirectory(env, uid, machine), state, log: join(state, "log"), config };
}

function runtimeDirectory(env: NodeJS.ProcessEnv, uid: number, machine: Machine): string {
  const given = absolute(env.XDG_RUNTIME_DIR);
  if (given !== undefined) return join(given, "daemonitor");
  // Cron jobs and su(1) have no session, but the user's directory may be there: it must be the same one for all commands.
  if (machine.exists(`/run/user/${uid}`)) return `/run/user/${uid}/daemonitor`;
  return `/tmp/daemonitor-${uid}`;
}

function homeDirectory(env: NodeJS.ProcessEnv, uid: number, machine: Machine): string {
  const home = absolute(env.HOME) ?? absolute(machine.homeOf(uid));
  if (home !== undefined) return home;
  throw stateError("ERR_HOME", "user", String(uid), "has no home directory", "set HOME, or DAEMONITOR_HOME");
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? normalize(path) : undefined;
}

/**
 * The mark: one variable in the environment of everything that is started for an instance, so that it is known again
 * after it left its session and lost its parent.
 *
 *   const env = { ...service.env, [MARK_VARIABLE]: composeMark({ home, instance: "web/0", attempt: 3 }) };
 *   readMark(pid);                                         // { home, instance: "web/0", attempt: 3 }
 *
 * It is read from /proc/PID/environ: what exec was given, whatever setenv(3) did since. It can't be seen
 * - where the environment was cleared (env -i, sudo, su -, a login), or the variable replaced by a supervisor inside;
 * - where a program wrote its title over it (setproctitle: nginx, Redis, PostgreSQL, sshd);
 * - in processes of other users, and set-user-ID ones, unless we are root.
 * Such a process is known by its session and its parents alone, or by its cgroup.
 */
import { readProcFile } from "../../launch/procFile.ts";

export const MARK_VARIABLE = "DAEMONITOR_INSTANCE";

export interface Mark {
  /** Whose instance: random, saved with the home's state. A path would do only if no container has the same one. No slash. */
  readonly home: string;
  /** "web/0" */
  readonly instance: string;
  readonly attempt: number;
  /** A hook's process, which belongs to the instance, but not to the attempt. */
  readonly hook?: string;
}

/** The variable's value: "HOME/web/0#3", for a hook "HOME/web/0#3:afterExit". */
export function composeMark({ home, instance, attempt, hook }: Mark): string {
  return `${home}/${instance}#${attempt}${hook === undefined ? "" : `:${hook}`}`;
}

/** Undefined for what is no mark. */
export function parseMark(text: string): Mark | undefined {
  const match = /^([^/]+)\/(.+)#(\d+)(?::(\w+))?$/s.exec(text);
  if (match === null) return undefined;
  const [, home = "", instance = "", attempt, hook] = match;
  return { home, instance, attempt: Number(attempt), ...(hook === undefined ? {} : { hook }) };
}

/** Undefined where there is none, or none to be seen. */
export function readMark(pid: number): Mark | undefined {
  const environ = readProcFile(`/proc/${pid}/environ`);
  return typeof environ === "string" ? undefined : findMark(environ);
}

/** In an environment block: entries that end in NUL. The first one counts, as for getenv(3). */
export function findMark(environ: Buffer): Mark | undefined {
  const prefix = `${MARK_VARIABLE}=`;
  for (let at = environ.indexOf(prefix); at !== -1; at = environ.indexOf(prefix, at + 1)) {
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return parseMark(environ.toString("utf8", at + prefix.length, end === -1 ? environ.length : end));
  }
  return undefined;
}

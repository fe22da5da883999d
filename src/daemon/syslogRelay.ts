/**
 * Standard output to syslog. A descriptor can't be syslog itself: each write
 * would be a message, cut anywhere, without ident or priority. So logger(1) reads
 * a pipe, as a daemon of its own, until the last writer is gone; what a program
 * says while it crashes still gets through.
 */
import { closeSync, statSync } from "node:fs";
import { Environment } from "../launch/environment.ts";
import { DaemonError } from "../launch/errors.ts";
import { findProgram } from "../launch/findProgram.ts";
import { launch } from "../launch/run.ts";
import { chdir, closeFdsFrom, defaultSignals, dup, exec, fork, ignoreSignal, openAt, plan, setsid, signalMask } from "../launch/steps.ts";
import { native } from "../native/addon.ts";

const SOCKET = "/dev/log";

export class SyslogRelay {
  /** Becomes the daemon's standard output or error. */
  readonly writeEnd: number;
  readonly #readEnd: number;
  readonly #logger: string;

  /** @throws DaemonError ERR_NO_SYSLOG, before anything is started */
  constructor() {
    if (statSync(SOCKET, { throwIfNoEntry: false })?.isSocket() !== true) {
      throw DaemonError.own("ERR_NO_SYSLOG", "syslog", "no syslog daemon listens there", {
        subject: SOCKET,
        hint: "start one, or send the output to a file",
      });
    }
    this.#logger = findLogger();
    [this.#readEnd, this.writeEnd] = native().pipe();
  }

  /** Starts the reader, once the daemon's pid is known. */
  start(ident: string, pid: number): void {
    const argv = ["logger", "-p", "daemon.info", "-t", `${ident}[${pid}]`];
    const { pidfd } = launch(
      plan(
        [fork(), setsid(), ignoreSignal("SIGHUP"), fork()],
        defaultSignals(),
        ignoreSignal("SIGHUP"),
        signalMask([]),
        chdir("/"),
        closeFdsFrom(0, { except: [this.#readEnd] }),
        dup(this.#readEnd, 0),
        openAt(1, "/dev/null", "w"),
        openAt(2, "/dev/null", "w"),
        closeFdsFrom(3),
        exec(this.#logger, argv, Environment.current().entries()),
      ),
    );
    closeSync(pidfd);
  }

  /** The launcher's ends; the processes have their own. */
  close(): void {
    closeSync(this.#readEnd);
    closeSync(this.writeEnd);
  }
}

function findLogger(): string {
  try {
    return String(findProgram("logger", process.env.PATH ?? "/usr/bin:/bin"));
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    throw DaemonError.own("ERR_NO_SYSLOG", "syslog", "logger(1) is missing", {
      hint: "install bsdutils or util-linux, or send the output to a file",
    });
  }
}

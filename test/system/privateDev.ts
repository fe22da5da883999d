/** Commands that see a /dev of their own, so that neither the machine's syslog daemon nor its devices are touched. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { isRoot, needsAll, needsProgram } from "../support/needs.ts";
import { fixture, type RunResult, run } from "../support/run.ts";

export interface Dev {
  /** Blank-separated names. Default: the usual ones. */
  readonly devices?: string;
  /** Socket that /dev/log leads to. Default: there is no /dev/log. */
  readonly syslog?: string;
}

const USUAL = "null zero full random urandom tty";

const [unshare = "", ...flags] = ["unshare", ...(isRoot ? [] : ["--user", "--map-root-user"]), "--mount"];

/** For node:test's `skip`: containers may forbid mount namespaces, and kernels those of users. */
export const needsPrivateDev: string | false = needsAll(needsProgram("unshare"), needsNamespaces());

/** A function that runs commands with this /dev. `dir` is a directory of the test. */
export function privateDev(dir: string, { devices = USUAL, syslog = "" }: Dev = {}): (argv: readonly string[]) => Promise<RunResult> {
  const scratch = `${dir}/dev`;
  mkdirSync(scratch);
  const env = { SYSLOG: syslog, SCRATCH: scratch, DEVICES: devices };
  return (argv) => run(unshare, [...flags, "sh", fixture("system/privateDev.sh"), ...argv], { env });
}

function needsNamespaces(): string | false {
  const { status } = spawnSync(unshare, [...flags, "sh", "-c", "mount --make-rprivate / && mount -t tmpfs tmpfs /mnt"], {
    stdio: "ignore",
  });
  return status === 0 ? false : "no mount namespace can be made here";
}

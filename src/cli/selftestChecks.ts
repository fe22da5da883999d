/** The properties of a daemon, each judged by what was seen from outside. Pure: what it judges comes in, the verdicts go out. */

export interface Observation {
  readonly launcher: { readonly pid: number; readonly ancestors: readonly { readonly pid: number; readonly name: string }[] };
  readonly daemon: {
    readonly pid: number;
    readonly parent: number;
    readonly group: number;
    readonly session: number;
    readonly terminal: number;
    /** Whether the process that led the session still runs. */
    readonly leaderRuns: boolean;
    readonly cwd: string;
    readonly umask: string;
    /** Hexadecimal masks of /proc/PID/status. */
    readonly ignored: string;
    readonly blocked: string;
    /** What descriptors 0, 1 and 2 are. */
    readonly streams: readonly string[];
    /** Numbers of the launcher's descriptors that are open in the daemon. */
    readonly strays: readonly number[];
    /** Whether it still ran after a real SIGHUP. */
    readonly survivedHangup: boolean;
  };
  /** What the daemon wrote; without text where there is no file. */
  readonly report: { readonly path: string; readonly text: string | undefined };
  readonly superuser: boolean;
  /** What came back when the kernel refused the second fork. */
  readonly refusedFork: { readonly step: string; readonly tuple: readonly [errno: number, strerror: string] } | undefined;
}

export interface Check {
  readonly property: string;
  readonly ok: boolean;
  readonly found: string;
}

const EAGAIN = 11;

/** One verdict for each property, in the order of the recipe. */
export function judge(observation: Observation): readonly Check[] {
  const { daemon, launcher } = observation;
  const parent = launcher.ancestors.find(({ pid }) => pid === daemon.parent);
  return [
    check("SIGHUP is ignored", hasFirstBit(daemon.ignored), `SigIgn ${daemon.ignored}`),
    check("a real SIGHUP does nothing", daemon.survivedHangup, daemon.survivedHangup ? "it still runs" : "it ended"),
    check("no signal is blocked", BigInt(`0x${daemon.blocked}`) === 0n, `SigBlk ${daemon.blocked}`),
    check("the working directory is /", daemon.cwd === "/", daemon.cwd),
    check("the file mode mask is 0", Number.parseInt(daemon.umask, 8) === 0, daemon.umask),
    check(
      "no descriptor is inherited",
      daemon.strays.length === 0,
      daemon.strays.length === 0 ? "none" : `open: ${daemon.strays.join(", ")}`,
    ),
    check(
      "standard streams are /dev/null",
      daemon.streams.length === 3 && daemon.streams.every((target) => target === "/dev/null"),
      daemon.streams.join(", "),
    ),
    check("it is not its launcher", daemon.pid !== launcher.pid, `pid ${daemon.pid}, launcher ${launcher.pid}`),
    check("it leads no process group", daemon.pid !== daemon.group, `pgrp ${daemon.group}`),
    check("it leads no session, so can't acquire a terminal", daemon.pid !== daemon.session, `sid ${daemon.session}`),
    check(
      "its session is new, and its leader has left",
      daemon.session === daemon.group && !daemon.leaderRuns,
      daemon.leaderRuns ? "the leader runs" : "left",
    ),
    check("it has no controlling terminal", daemon.terminal === 0, `tty_nr ${daemon.terminal}`),
    check("init has adopted it", parent !== undefined, parent === undefined ? `ppid ${daemon.parent}` : adopter(parent)),
    check("a failed fork returns (errno, strerror)", isRefusal(observation), refusal(observation)),
    checkReport(observation),
  ];
}

function check(property: string, ok: boolean, found: string): Check {
  return { property, ok, found };
}

function hasFirstBit(mask: string): boolean {
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}

/** Since Linux 3.4 a service manager can take the place of pid 1 for its descendants. */
function adopter({ pid, name }: { readonly pid: number; readonly name: string }): string {
  return pid === 1 ? `ppid 1 (${name})` : `ppid ${pid} (${name}), the nearest subreaper`;
}

function isRefusal({ refusedFork }: Observation): boolean {
  return refusedFork?.step === "fork again" && refusedFork.tuple[0] === EAGAIN && refusedFork.tuple[1] !== "";
}

function refusal({ refusedFork }: Observation): string {
  return refusedFork === undefined
    ? "the kernel did not refuse"
    : `${refusedFork.step}: (${refusedFork.tuple[0]}, '${refusedFork.tuple[1]}')`;
}

/** As the recipe has it: in / the superuser alone can write the file, and for others that is no error. */
function checkReport({ report: { path, text }, daemon, superuser }: Observation): Check {
  const said = text?.trim();
  const agrees = said === `rc: 0; pid: ${daemon.pid}; ppid: ${daemon.parent}; pgrp: ${daemon.group}`;
  const property = "its own report agrees";
  if (!agrees && !superuser && path === "/createDaemon.log")
    return check(property, true, `${path} is not written without superuser rights`);
  return check(property, agrees, `${path}: ${said ?? "not created"}`);
}

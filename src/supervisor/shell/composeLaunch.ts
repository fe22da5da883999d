/**
 * From a specification to what init is told to run: the plan, the descriptors it needs, and who owns the pipes.
 *
 *   const launch = composeLaunch(spec, { instance: "web/0", number: 0, attempt: 3, command: spec.command, … });
 *   await client.spawn({ key: "web/0#3", ...launch });
 *
 * Hooks and the commands of probes are run the same way, with `hook` and another command.
 */
import { DaemonError } from "../../launch/errors.ts";
import { findProgram } from "../../launch/findProgram.ts";
import { type Identity, identitySteps } from "../../launch/identity.ts";
import { resourceSteps } from "../../launch/resources.ts";
import {
  chdir,
  closeFdsFrom,
  defaultSignals,
  dup,
  exec,
  fork,
  joinCgroup,
  openAt,
  type Plan,
  pidVariable,
  plan,
  type Step,
  setsid,
  signalMask,
  umask,
} from "../../launch/steps.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { ERRNO } from "../../values/errno.ts";
import { parseResource, resourceNumber } from "../../values/limits.ts";
import type { SpawnDescriptor } from "../init/protocol.ts";
import { slot } from "../init/requests.ts";
import { accountOf } from "./accountOf.ts";
import { composeEnvironment } from "./composeEnvironment.ts";
import type { LaunchContext } from "./launchContext.ts";

export type { LaunchContext };

export interface Launch {
  readonly plan: Plan;
  readonly descriptors: readonly SpawnDescriptor[];
  /** Of the pipes, so that the program can open /dev/stdout. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** SD_LISTEN_FDS_START. */
const FIRST_SOCKET = 3;
/** Slots begin at 64, two of them are for output, and what is passed must stay below the first slot. */
const MOST_SOCKETS = 60;

/**
 * The limit of descriptors is no step unless the specification has one: init starts programs with the one that it was
 * started with itself.
 *
 * @throws DaemonError no such user or group, no such program in PATH, too many sockets
 */
export function composeLaunch(spec: ServiceSpec, context: LaunchContext): Launch {
  const { sockets, notifyAddress, cgroup, command } = context;
  if (sockets.length > MOST_SOCKETS) {
    throw DaemonError.fromErrno(
      "sockets",
      ERRNO.EINVAL,
      spec.name,
      `a service can be given ${MOST_SOCKETS} sockets, not ${sockets.length}`,
    );
  }
  const { identity, record } = context.account ?? accountOf(spec);
  const environment = composeEnvironment(spec, context, record);
  const [name = "", ...args] = command;
  const program = findProgram(name, searchPath(environment.PATH ?? "", spec.cwd));
  const output = outputOf(context.logs);
  const descriptors = [...output.descriptors, ...sockets.map(({ held }) => ({ held }))];
  const watched = spec.watchdog !== null && notifyAddress !== null;
  return {
    plan: plan(
      [fork(), setsid(), defaultSignals(), signalMask([])],
      // First of all: what follows opens files, and init may have more open than the program's limit allows.
      closeFdsFrom(0, { except: descriptors.map((_, index) => slot(index)) }),
      cgroup !== null && joinCgroup(cgroup),
      umask(spec.umask),
      openAt(0, "/dev/null", "r"),
      output.steps,
      sockets.map((_, index) => dup(slot(output.descriptors.length + index), FIRST_SOCKET + index)),
      resourceSteps(resourcesOf(spec)),
      identitySteps(identity, spec),
      // As the user it runs as: root can enter directories that it can't.
      chdir(spec.cwd),
      sockets.length > 0 && pidVariable("LISTEN_PID"),
      watched && pidVariable("WATCHDOG_PID"),
      exec(
        program,
        [name, ...args],
        Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      ),
    ),
    descriptors,
    ...ownerOf(identity),
  };
}

function outputOf(logs: LaunchContext["logs"]): { readonly steps: readonly Step[]; readonly descriptors: readonly SpawnDescriptor[] } {
  if (logs === null) return { steps: [openAt(1, "/dev/null", "w"), dup(1, 2)], descriptors: [] };
  if ("fd" in logs) return { steps: [dup(slot(0), 1), dup(slot(0), 2)], descriptors: [{ fd: logs.fd }] };
  const { out, err } = logs;
  // One pipe for both keeps the order of what they write.
  if (err === null) return { steps: [dup(slot(0), 1), dup(slot(0), 2)], descriptors: [{ pipe: out }] };
  return { steps: [dup(slot(0), 1), dup(slot(1), 2)], descriptors: [{ pipe: out }, { pipe: err }] };
}

function resourcesOf({ limits, nice, ioPriority, oomScore }: ServiceSpec): Parameters<typeof resourceSteps>[0] {
  return {
    limits: Object.entries(limits).map(([name, [soft, hard]]) => [resourceNumber(parseResource(name)), soft, hard] as const),
    nice: nice ?? undefined,
    ioPriority: ioPriority === null ? undefined : ioClassAndLevel(ioPriority),
    oomScore: oomScore ?? undefined,
  };
}

/** From "best-effort:4", as ioprio_set(2) numbers them. */
function ioClassAndLevel(text: string): readonly [ioClass: number, level: number] {
  const [name, level] = text.split(":");
  return [name === "realtime" ? 1 : name === "idle" ? 3 : 2, Number(level ?? 0)];
}

/** Relative directories count from the service's own. */
function searchPath(path: string, cwd: string): string {
  const directories = path.split(":");
  if (directories.every((directory) => directory.startsWith("/"))) return path;
  return directories.map((directory) => (directory.startsWith("/") ? directory : `${cwd}/${directory}`)).join(":");
}

function ownerOf({ uid, gid }: Identity): Pick<Launch, "owner"> {
  return uid === undefined || gid === undefined ? {} : { owner: { uid, gid } };
}

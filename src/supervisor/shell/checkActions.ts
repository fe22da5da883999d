/** What is done when a check fires. Each action answers with a sentence on what became of it. */
import { statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Archive, readStream, removeArchive } from "../../logs/streamFiles.ts";
import type { CheckDecision } from "../../monitor/checks.ts";
import { type DiskLook, isShort } from "../../monitor/checksDiskLook.ts";
import type { CheckAction } from "../../values/checkActions.ts";
import type { Control } from "../control.ts";
import type { Context } from "./context.ts";
import { unlessInitIsGone } from "./endings.ts";
import { composeKey } from "./key.ts";
import type { Unit } from "./unit.ts";

/** Milliseconds until a command is killed. */
const EXEC_TIMEOUT = 30_000;
const SERVES: ReadonlySet<string> = new Set(["running", "reloading"]);

export interface CheckActor {
  readonly context: Context;
  act: Control["act"];
}

export interface Firing {
  readonly decision: CheckDecision;
  /** The instance; undefined for a disk's check. */
  readonly unit: Unit | undefined;
  /** Of a disk's check. */
  readonly disk: DiskLook | undefined;
  /** Which of the check's actions it is. */
  readonly index: number;
}

/** All but `alert`, which is not done to anything. Never rejects. */
export async function perform(actor: CheckActor, action: Exclude<CheckAction, "alert">, firing: Firing): Promise<string> {
  try {
    return await done(actor, action, firing);
  } catch (error) {
    const name = typeof action === "string" ? action : "exec";
    return `${name} failed: ${error instanceof Error ? error.message : error}`;
  }
}

async function done({ context, act }: CheckActor, action: Exclude<CheckAction, "alert">, firing: Firing): Promise<string> {
  const { unit, decision } = firing;
  if (action === "prune-logs") return pruneLogs(context, firing);
  if (typeof action === "object") return exec(context, action.exec, firing);
  if (unit === undefined) return `${action}: there is no service to do that to`;
  if (action === "restart") {
    const { state } = unit.instance;
    if (!SERVES.has(state)) return `not restarted: it is ${state}`;
    // Counts as a failure, so that it backs off, and gives up at the limit, as one that ends by itself.
    context.dispatcher.dispatch(unit, { type: "unhealthy", why: `${decision.check.text} (${decision.value})` });
    return "restarted";
  }
  await act({ selector: unit.name, action, by: `the check "${decision.check.id}"`, wait: 0 });
  return { stop: "stopped", start: "started", reload: "reloaded" }[action];
}

/** As the service's user, in its directory, with its environment. */
async function exec(context: Context, command: readonly string[], firing: Firing): Promise<string> {
  const { unit, index } = firing;
  const variables = variablesOf(firing);
  if (unit === undefined) {
    const { runWithInput } = await import("./alertExec.ts");
    await runWithInput({ command, cwd: "/", env: { ...context.starter, ...variables }, input: "", timeout: EXEC_TIMEOUT });
    return `${command[0]} exited 0`;
  }
  const { attempt } = unit.instance;
  const beside = `check${index}`;
  const signal = AbortSignal.timeout(EXEC_TIMEOUT);
  const { status, signal: killedBy } = await context.commands.run(
    unit.spec,
    {
      key: composeKey({ instance: unit.name, attempt, beside }),
      ...{ hook: beside, instance: unit.name, number: unit.number, attempt, command },
      ...{ home: context.homeId, starter: context.starter, extraEnvironment: variables },
      ...{ logs: null, sockets: [], notifyAddress: null, cgroup: null },
    },
    signal,
  );
  if (signal.aborted) return `${command[0]} did not end in ${EXEC_TIMEOUT / 1000} s, and was killed`;
  return status === null ? `${command[0]} was killed by ${killedBy ?? "nobody knows what"}` : `${command[0]} exited ${status}`;
}

/** @example DAEMONITOR_CHECK_SUBJECT=web/0 DAEMONITOR_CHECK_TEXT="memory above 512 MiB" DAEMONITOR_CHECK_VALUE="700 MiB" */
function variablesOf({ decision: { check, value, since }, unit }: Firing): Readonly<Record<string, string>> {
  const pid = unit?.instance.process?.identity?.pid;
  return {
    DAEMONITOR_CHECK_SUBJECT: check.subject,
    DAEMONITOR_CHECK_TEXT: check.text,
    DAEMONITOR_CHECK_VALUE: value ?? "",
    DAEMONITOR_CHECK_SINCE: new Date(since).toISOString(),
    ...(pid === undefined ? {} : { DAEMONITOR_CHECK_PID: String(pid) }),
  };
}

interface Pruned {
  readonly directory: string;
  readonly archive: Archive;
}

/**
 * Of a service's check: what that instance has put aside; of a disk's: what any has, where logs are on that disk. The
 * oldest first, until there is room again, or, where the check is not about room, half of it is gone. What is written to
 * now stays.
 */
async function pruneLogs(context: Context, { unit, disk }: Firing): Promise<string> {
  const { home, units, logs } = context;
  if (disk !== undefined && statSync(disk.path).dev !== statSync(home.log).dev) return "no logs pruned: they are on another file system";
  const chosen = unit === undefined ? [...units.values()] : [unit];
  const all = chosen.flatMap(archivesOf(home.log)).sort((one, other) => one.archive.time - other.archive.time);
  const total = all.reduce((sum, { archive }) => sum + archive.size, 0);
  let removed = 0;
  let bytes = 0;
  const isEnough = async () => {
    const short = disk === undefined ? undefined : isShort(disk.aspect, await roomOf(disk.path));
    return short === undefined ? bytes >= total / 2 : !short;
  };
  for (const { directory, archive } of all) {
    if (removed > 0 && (await isEnough())) break;
    removeArchive(directory, archive);
    removed += 1;
    bytes += archive.size;
  }
  if (removed === 0) return "no logs pruned: nothing was put aside";
  // Who waits for room may go on.
  for (const { spec, name } of chosen) for (const stream of logs.streamsOf(spec, name)) stream.grant().catch(unlessInitIsGone);
  return `pruned ${removed} log file${removed === 1 ? "" : "s"}, ${Math.ceil(bytes / 1024)} KiB`;
}

function archivesOf(logs: string): (unit: Unit) => readonly Pruned[] {
  return ({ service, number }) => {
    const directory = join(logs, service);
    const streams = [String(number), `${number}.error`];
    return streams.flatMap((stream) => readStream(directory, stream).archives.map((archive) => ({ directory, archive })));
  };
}

async function roomOf(path: string) {
  const { bavail, bsize, blocks, ffree, files } = await statfs(path);
  return { available: bavail * bsize, size: blocks * bsize, inodesFree: ffree, inodes: files };
}

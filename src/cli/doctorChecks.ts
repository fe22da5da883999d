/** What the facts about a machine mean: a line for each. Pure. */
import { normalize } from "node:path";
import { ordinal } from "../supervisor/ordinal.ts";
import type { FoundCgroup } from "../supervisor/tree/findCgroup.ts";
import { formatSize } from "../values/formatSize.ts";
import type { DirectoryFacts, DoctorFacts } from "./doctorFacts.ts";

export interface Check {
  readonly name: string;
  /** "degraded": something is done worse. "problem": something can't be done. */
  readonly is: "ok" | "degraded" | "problem";
  /** A sentence. */
  readonly what: string;
  /** What to do about it, where that is known. */
  readonly hint?: string;
}

const MIB = 1024 * 1024;

/** @param version ours */
export function judge(facts: DoctorFacts, version: string): Check[] {
  return [
    kernel(facts),
    exits(facts),
    { name: "node", is: "ok", what: `Node.js ${facts.node}` },
    facts.init === null
      ? {
          name: "init",
          is: "problem",
          what: "daemonitor-init is missing",
          hint: "install daemonitor again, on Linux x64 or arm64 with glibc",
        }
      : { name: "init", is: "ok", what: normalize(facts.init) },
    account(facts),
    ...cgroup(facts.cgroup, facts.supervisor !== null),
    proc(facts),
    children(facts),
    openFiles(facts),
    processes(facts),
    pipes(facts),
    boot(facts),
    ...facts.directories.map(directory),
    ...supervisor(facts, version),
  ];
}

function kernel({ kernel, noPidfd }: DoctorFacts): Check {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const hint = "run it on Linux 5.10 or newer";
  if (noPidfd !== null) return { name: "kernel", is: "problem", what: `Linux ${kernel} gives no pidfds here: ${noPidfd}`, hint };
  if (major < 5 || (major === 5 && minor < 10)) {
    return { name: "kernel", is: "degraded", what: `Linux ${kernel} is older than what daemonitor is tested on`, hint };
  }
  return { name: "kernel", is: "ok", what: `Linux ${kernel}, with pidfds and close_range(2)` };
}

function exits({ knowsExits }: DoctorFacts): Check {
  const name = "exit status";
  if (knowsExits) return { name, is: "ok", what: "known of every process, adopted ones too (PIDFD_INFO_EXIT)" };
  return {
    name,
    is: "degraded",
    what: "may be unknown of a service that ends after daemonitor-init was killed",
    hint: "Linux 6.15 tells it",
  };
}

function account({ uid, user }: DoctorFacts): Check {
  if (uid === 0) return { name: "user", is: "ok", what: "root: services can run as any user" };
  return { name: "user", is: "ok", what: `${user} (uid ${uid}): services run as this user, without "user", "group" or higher limits` };
}

function cgroup(found: FoundCgroup, runs: boolean): Check[] {
  const whose = runs ? "as seen from here" : "by a supervisor that is started from here";
  const hint = 'let systemd start it: "daemonitor enable" delegates a cgroup';
  if ("none" in found) {
    const what = `can't be used ${whose}: ${found.none}. Services have no "resources" limits; their processes are found by session, parents and mark`;
    return [{ name: "cgroup", is: "degraded", what, hint }];
  }
  const limits = (["memory", "cpu"] as const).map((name): Check => {
    const reason = found[name];
    return reason === true
      ? { name: `${name} limits`, is: "ok", what: `can be set ${whose}` }
      : { name: `${name} limits`, is: "degraded", what: `can't be set ${whose}: ${reason}`, hint };
  });
  return [{ name: "cgroup", is: "ok", what: `one for each service, below ${found.delegated}` }, ...limits];
}

function proc({ proc, uid }: DoctorFacts): Check {
  const hidden = /(?:^|,)hidepid=([^,]+)/.exec(proc)?.[1];
  if (proc === "") {
    return { name: "/proc", is: "problem", what: "is not mounted: processes can't be found", hint: "mount -t proc proc /proc" };
  }
  if (hidden === undefined || hidden === "0" || hidden === "off" || uid === 0)
    return { name: "/proc", is: "ok", what: "shows all processes" };
  return {
    name: "/proc",
    is: "degraded",
    what: `hides those of other users (hidepid=${hidden}): the holder of a lock or port may stay unnamed`,
  };
}

function children({ listsChildren }: DoctorFacts): Check {
  const name = "children";
  if (listsChildren) return { name, is: "ok", what: "/proc lists those of a process (CONFIG_PROC_CHILDREN)" };
  return {
    name,
    is: "degraded",
    what: "this kernel lists none (CONFIG_PROC_CHILDREN): each end of a service takes a look at every process",
  };
}

function openFiles({ openFiles: [, hard] }: DoctorFacts): Check {
  const name = "open files";
  // init and supervisor together take about five for each instance.
  const instances = Math.floor((hard - 200) / 5);
  if (hard < 0 || instances >= 1000) return { name, is: "ok", what: `up to ${hard < 0 ? "any number" : hard}` };
  return {
    name,
    is: "degraded",
    what: `no more than ${hard}: enough for about ${Math.max(0, instances)} instances`,
    hint: "raise the hard limit: ulimit -Hn",
  };
}

function processes({ processes: [soft], uid }: DoctorFacts): Check {
  if (uid === 0 || soft < 0 || soft >= 1024)
    return { name: "processes", is: "ok", what: soft < 0 || uid === 0 ? "no limit" : `up to ${soft}` };
  return {
    name: "processes",
    is: "degraded",
    what: `no more than ${soft} of this user, threads included`,
    hint: "raise the limit: ulimit -u",
  };
}

function pipes({ pipePages, uid }: DoctorFacts): Check {
  const name = "log pipes";
  const whole = Math.floor(pipePages / 16);
  if (uid === 0 || pipePages === 0 || whole >= 200) {
    return {
      name,
      is: "ok",
      what: uid === 0 || pipePages === 0 ? "64 KiB each" : `64 KiB each, for ${whole} of them; those after that are smaller`,
    };
  }
  const hint = "sysctl fs.pipe-user-pages-soft=16384";
  return { name, is: "degraded", what: `64 KiB each for ${whole} of them only: services that log much are slowed down after that`, hint };
}

function boot({ boot: { systemd, crontab, lingers, uid }, enabledBy }: DoctorFacts): Check {
  const name = "boot";
  const [file] = enabledBy;
  if (file !== undefined) {
    const waits = uid !== 0 && systemd && !lingers;
    if (!systemd) return { name, is: "degraded", what: `enabled by ${file}, but systemd doesn't run here` };
    if (!waits) return { name, is: "ok", what: `enabled by ${file}` };
    return { name, is: "degraded", what: `enabled by ${file}, but only from your first login on`, hint: "loginctl enable-linger" };
  }
  const hint = 'to have services start at boot: "daemonitor enable"';
  if (systemd) return { name, is: "ok", what: "not enabled; systemd can do it", hint };
  if (crontab) return { name, is: "ok", what: "by systemd not; cron can do it", hint };
  return {
    name,
    is: "degraded",
    what: "neither systemd nor cron is here",
    hint: 'have "daemonitor run" be what the container or the machine starts',
  };
}

function directory({ what, path, exists, writable, free, inMemory }: DirectoryFacts): Check {
  const name = `${what} directory`;
  const other = "or set DAEMONITOR_HOME to another directory";
  if (!writable)
    return { name, is: "problem", what: `${path} can't be ${exists ? "written to" : "made"}`, hint: `let its owner write there, ${other}` };
  const room = `${formatSize(free)} free`;
  // In run there are a socket and a small journal; state and logs grow.
  const least = what === "log" ? 100 * MIB : MIB;
  if (free < MIB / 4) return { name, is: "problem", what: `${path}: the disk is full (${room})`, hint: `make room, ${other}` };
  if (free < least) return { name, is: "degraded", what: `${path}: the disk is nearly full (${room})`, hint: "make room" };
  if (what !== "run" && inMemory) {
    return {
      name,
      is: "degraded",
      what: `${path} is in memory (${room}): it is gone after a reboot`,
      hint: "set DAEMONITOR_HOME to a directory on a disk",
    };
  }
  return { name, is: "ok", what: `${path}, ${room}${exists ? "" : ", not made yet"}` };
}

function supervisor({ supervisor, supervisorError }: DoctorFacts, version: string): Check[] {
  const name = "supervisor";
  if (supervisorError !== null) return [{ name, is: "problem", what: supervisorError }];
  if (supervisor === null) return [{ name, is: "ok", what: "none runs", hint: 'the first "daemonitor start" starts one' }];
  const { pid, init, services, running, instances, mode } = supervisor;
  const what = `version ${supervisor.version}, process ${pid} under init ${init.pid}, ${mode === "foreground" ? "in the foreground, " : ""}${services} services, ${running} of ${instances} instances running`;
  const checks: Check[] = [
    supervisor.version === version
      ? { name, is: "ok", what }
      : {
          name,
          is: "degraded",
          what: `${what}; this command is version ${version}`,
          hint: `kill ${pid}: the next one is of the installed version, and services go on`,
        },
  ];
  if (init.supervisors > 1) {
    checks.push({
      name: "restarts",
      is: "ok",
      what: `it is the ${ordinal(init.supervisors)} supervisor of this init`,
      hint: "see supervisor.log in its log directory",
    });
  }
  return [...checks, ...supervisor.degraded.map((sentence): Check => ({ name: "degraded", is: "degraded", what: sentence }))];
}

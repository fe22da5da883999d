/** What has to be done so that the tree starts at boot, or doesn't any more: a list, which can be shown instead. Pure. */
import { DaemonError } from "../launch/errors.ts";
import { commandError } from "./commandErrors.ts";
import { type Boot, cronLine, cronMark, unitText, wantedBy } from "./enableUnit.ts";

export type BootStep =
  | { readonly do: "write"; readonly path: string; readonly content: string }
  | { readonly do: "link"; readonly path: string; readonly target: string }
  /** A link, or a unit that we wrote. */
  | { readonly do: "remove"; readonly path: string }
  /** `line` null takes those with the mark out. */
  | { readonly do: "crontab"; readonly line: string | null; readonly mark: string }
  /** `optional` says what it is good for: without it, all else still holds. */
  | { readonly do: "run"; readonly command: readonly string[]; readonly optional?: string };

/** Who starts us at boot. */
export type BootTarget =
  | { readonly by: "systemd"; readonly scope: "system" | "user"; readonly directory: string }
  | { readonly by: "cron" };

export interface BootFacts {
  readonly uid: number;
  readonly user: string;
  /** systemd is pid 1: sd_booted(3). */
  readonly systemd: boolean;
  readonly crontab: boolean;
  readonly directories: { readonly system: string; readonly user: string };
  /** Whether the user's manager is started at boot: loginctl(1), "enable-linger". */
  readonly lingers: boolean;
}

export interface Asked {
  readonly system: boolean;
  readonly user: boolean;
  readonly cron: boolean;
}

/**
 * What was asked for; else systemd, by its own manager for root; else cron.
 *
 * @throws DaemonError EPERM for --system without being root, ERR_NO_BOOT where there is nobody who could do it
 */
export function chooseTarget({ uid, systemd, crontab, directories }: BootFacts, asked: Asked): BootTarget {
  const isRoot = uid === 0;
  if (asked.system && !isRoot) {
    throw DaemonError.fromErrno("enable", 1, directories.system, "run as root, or use --user");
  }
  if (asked.cron && !crontab) throw noBoot("crontab(1) is not installed", "install cron, or leave --cron out");
  if (asked.system || asked.user || (systemd && !asked.cron)) {
    const scope = asked.system || (isRoot && !asked.user) ? "system" : "user";
    return { by: "systemd", scope, directory: directories[scope] };
  }
  if (crontab) return { by: "cron" };
  throw noBoot(
    "systemd doesn't run here, and crontab(1) is not installed",
    'have whatever starts this machine run "daemonitor run --saved"; in a container, make "daemonitor run" its command',
  );
}

export function stepsToEnable(boot: Boot, target: BootTarget, { systemd, lingers, user }: BootFacts, now: boolean): BootStep[] {
  if (target.by === "cron") return [{ do: "crontab", line: cronLine(boot), mark: cronMark(boot) }];
  const { scope } = target;
  const { unit, link } = pathsOf(boot, target);
  const steps: BootStep[] = [
    { do: "write", path: unit, content: unitText(boot, scope) },
    { do: "link", path: link, target: `../${boot.name}.service` },
  ];
  if (!systemd) return steps;
  steps.push({ do: "run", command: [...manager(scope), "daemon-reload"], optional: "it knows of the unit from the next boot on" });
  if (scope === "user" && !lingers) {
    steps.push({ do: "run", command: ["loginctl", "enable-linger", user], optional: "services start at your first login, not at boot" });
  }
  if (now) steps.push({ do: "run", command: [...manager(scope), "start", `${boot.name}.service`] });
  return steps;
}

/** Lingering stays: others may rely on it. */
export function stepsToDisable(boot: Pick<Boot, "name">, target: BootTarget, { systemd }: Pick<BootFacts, "systemd">): BootStep[] {
  if (target.by === "cron") return [{ do: "crontab", line: null, mark: cronMark(boot) }];
  const { unit, link } = pathsOf(boot, target);
  const steps: BootStep[] = [
    { do: "remove", path: link },
    { do: "remove", path: unit },
  ];
  if (systemd)
    steps.push({ do: "run", command: [...manager(target.scope), "daemon-reload"], optional: "it forgets the unit at the next boot" });
  return steps;
}

export function pathsOf({ name }: Pick<Boot, "name">, { directory, scope }: BootTarget & { readonly by: "systemd" }) {
  return { unit: `${directory}/${name}.service`, link: `${directory}/${wantedBy(scope)}.wants/${name}.service` };
}

function manager(scope: "system" | "user"): readonly string[] {
  return scope === "system" ? ["systemctl"] : ["systemctl", "--user"];
}

function noBoot(what: string, hint: string): DaemonError {
  return commandError("ERR_NO_BOOT", "enable", what, { hint });
}

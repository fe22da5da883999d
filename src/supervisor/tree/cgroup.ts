/**
 * A cgroup (version 2) as a directory: what is in it, ending it, removing it. Which one is whose: see serviceCgroup.ts.
 * Sources: cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DaemonError } from "../../launch/errors.ts";

/** Pids of all processes in a cgroup and those below it; none where it is gone. Zombies are not in it. */
export function processesIn(cgroup: string): number[] {
  const pids = new Set<number>();
  for (const path of [cgroup, ...below(cgroup)]) {
    const text = unless(["ENOENT", "ENODEV", "EOPNOTSUPP"], "", () => readFileSync(join(path, "cgroup.procs"), "latin1"));
    // 0 is a process that this pid namespace has no number for.
    for (const line of text.split("\n")) if (Number(line) > 0) pids.add(Number(line));
  }
  return [...pids];
}

/**
 * Whether no process is in it, nor below. Most have none below, and then the kernel answers with one call, by which the
 * cgroup is gone: half of what a look into it takes.
 */
export function removedOrEmpty(cgroup: string): boolean {
  try {
    rmdirSync(cgroup);
    return true;
  } catch {
    return processesIn(cgroup).length === 0;
  }
}

/**
 * SIGKILL to all in it and below, those included that are being forked right now (Linux 5.14).
 *
 * @returns false where the kernel can't, or the cgroup is gone
 * @throws DaemonError EACCES
 */
export function killCgroup(cgroup: string): boolean {
  const file = join(cgroup, "cgroup.kill");
  if (!existsSync(file)) return false;
  return explain("cgroup", file, () => succeeds(["ENOENT", "ENODEV", "EOPNOTSUPP"], () => writeFileSync(file, "1")));
}

/**
 * Removes a cgroup and those below it, which a service may have made.
 *
 * @returns false where a process is still in it
 * @throws DaemonError EACCES
 */
export function removeCgroup(cgroup: string): boolean {
  // Most have none below: then there is nothing to look for.
  return removeEmpty(cgroup) || [...below(cgroup).reverse(), cgroup].every(removeEmpty);
}

/** False where a process, or another cgroup, is in it; true also where it is gone already. */
export function removeEmpty(cgroup: string): boolean {
  const remove = () => unless(["ENOENT"], undefined, () => rmdirSync(cgroup));
  return explain("cgroup", cgroup, () => succeeds(["EBUSY", "ENOTEMPTY"], remove));
}

/** Parents before their children. */
function below(cgroup: string): string[] {
  const entries = unless(["ENOENT", "ENODEV"], [], () => readdirSync(cgroup, { withFileTypes: true }));
  const children = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(cgroup, name));
  return children.flatMap((path) => [path, ...below(path)]);
}

/** A system call's failure as an error that says what it was about. */
export function explain<T>(step: string, subject: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw DaemonError.from(error, step, subject);
  }
}

/** What `act` returns, or `otherwise` where it fails in one of these ways. */
export function unless<T>(codes: readonly string[], otherwise: T, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && "code" in error && codes.includes(String(error.code))) return otherwise;
    throw error;
  }
}

function succeeds(failures: readonly string[], act: () => void): boolean {
  return unless(failures, false, () => {
    act();
    return true;
  });
}

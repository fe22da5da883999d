/**
 * The environment of a tree. Whoever happens to run the first command makes the tree, and it lives long after: no variable
 * of that shell may reach services, secrets least of all. What a service needs is in its specification.
 */
import { DEFAULT_PATH } from "../../launch/environment.ts";

/** The home's directories depend on the last five, so that the supervisor finds the same ones. */
const KEPT = [
  ...["PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL"],
  ...["HOME", "DAEMONITOR_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"],
  ...["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE"],
];

/**
 * "NAME=value" entries for `exec`. The mark of an outer daemonitor's service is never among them: our services are not its.
 *
 * @param more names to keep as well, such as "NOTIFY_SOCKET" for a tree in the foreground
 *
 * @example
 * treeEnvironment({ PATH: "/bin", LC_TIME: "C", AWS_SECRET: "…" }); // ["PATH=/bin", "LC_TIME=C"]
 */
export function treeEnvironment(env: NodeJS.ProcessEnv, more: readonly string[] = []): string[] {
  const kept = Object.entries({ PATH: DEFAULT_PATH, ...env }).filter(
    ([name, value]) => value !== undefined && (KEPT.includes(name) || name.startsWith("LC_") || more.includes(name)),
  );
  return kept.map(([name, value]) => `${name}=${value}`);
}

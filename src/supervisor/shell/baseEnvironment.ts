/**
 * What every service finds in its environment, whoever started the tree: where programs are, which language and time zone,
 * and whom it runs as. Nothing else of the starter's, whose secrets are none of the service's business.
 */
import { DEFAULT_PATH } from "../../launch/environment.ts";
import type { UserRecord } from "../../native/addon.ts";

const OF_THE_STARTER = /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;
const OF_THE_USER = ["HOME", "USER", "LOGNAME", "SHELL"] as const;

/**
 * @param starter environment of the supervisor
 * @param account the user that the service runs as; without an entry it is taken to be the starter's own user
 *
 * @example
 * baseEnvironment({ PATH: "/bin", SECRET: "x" }, native().user("www-data") ?? undefined);
 * // { PATH: "/bin", HOME: "/var/www", USER: "www-data", LOGNAME: "www-data", SHELL: "/usr/sbin/nologin" }
 */
export function baseEnvironment(starter: NodeJS.ProcessEnv, account: UserRecord | undefined): Record<string, string> {
  const environment: Record<string, string> = { PATH: starter.PATH || DEFAULT_PATH };
  for (const [name, value] of Object.entries(starter)) {
    if (value !== undefined && OF_THE_STARTER.test(name)) environment[name] = value;
  }
  if (account !== undefined) {
    const { name, home, shell } = account;
    // passwd(5): an empty one means /bin/sh.
    return { ...environment, HOME: home, USER: name, LOGNAME: name, SHELL: shell || "/bin/sh" };
  }
  for (const name of OF_THE_USER) {
    const value = starter[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** What configuration files import, as "daemonitor/config". */
import type { Config } from "./configTypes.ts";

export type * from "./configTypes.ts";

/**
 * The configuration as it is; it is here for the types, so that an editor completes keys and shows what they mean.
 *
 * @example
 * export default defineConfig({ services: { web: { command: ["node", "server.js"] } } });
 */
export function defineConfig(config: Config): Config {
  return config;
}

/** What commands need to read a configuration. Bundled apart: see scripts/build-dist.ts. */
export type { CheckedConfig } from "./checkConfig.ts";
export { loadConfig } from "./configFile.ts";
export { formatProblem, type Problem } from "./problem.ts";

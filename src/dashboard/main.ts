/** What the command loads: bundled apart, see scripts/build-dist.ts. */
export { type Dashboard, type DashboardOptions, serveDashboard } from "./server.ts";
export { readToken } from "./token.ts";

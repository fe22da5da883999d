/** What commands load: bundled apart, see scripts/build-dist.ts. */
export { readPast } from "./past.ts";
export { type Dashboard, type DashboardOptions, serveDashboard } from "./server.ts";
export { readToken } from "./token.ts";

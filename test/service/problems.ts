/** Checks configurations as a file in /srv would be. */
import { checkConfig, type Origin } from "../../src/service/checkConfig.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";

/** Nothing of the machine that runs the test. */
const nowhere: Origin = { directory: "/", variables: { PATH: "/usr/bin:/bin" }, parallelism: 4 };

/** "path: message" of each error. */
export async function errorsOf(value: unknown, origin: Origin = {}): Promise<string[]> {
  return texts(value, "error", origin);
}

export async function warningsOf(value: unknown, origin: Origin = {}): Promise<string[]> {
  return texts(value, "warning", origin);
}

/** Errors of a service "web", without the beginning of the path. */
export async function errorsOfService(service: unknown, origin: Origin = {}): Promise<string[]> {
  const texts = await errorsOf({ services: { web: service } }, origin);
  return texts.map((text) => text.replace(/^services\.web\.?/, ""));
}

/** The specification of a service "web" that has to be right. */
export async function specOf(service: object, origin: Origin = {}): Promise<ServiceSpec> {
  const { config, problems } = await checkConfig({ services: { web: service } }, { ...nowhere, ...origin });
  const [spec] = config?.services ?? [];
  if (spec === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return spec;
}

async function texts(value: unknown, severity: "error" | "warning", origin: Origin): Promise<string[]> {
  const { problems } = await checkConfig(value, { ...nowhere, ...origin });
  return problems.filter((problem) => problem.severity === severity).map(({ path, message }) => `${path}: ${message}`);
}

/** Adds the dashboard to the services. */
import type { Client } from "../api/client.ts";
import { EXIT } from "../launch/errors.ts";
import { formatHostPort, type HostPort } from "../values/address.ts";
import { harmless } from "../values/textWidth.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printError } from "./output.ts";

const NAME = "dashboard";
const WAIT = 60_000;

export interface DashboardService {
  readonly address: HostPort;
  /** Other machines may reach it. */
  readonly isExposed: boolean;
  readonly names: readonly string[];
  readonly tokenFile: string;
  readonly historyDirectory: string;
  readonly token: string;
}

/** Started, or changed and started again, when it resolves. Prints where it is. */
export async function addDashboard(client: Client, service: DashboardService): Promise<number> {
  const { composeService } = await import("./composition.ts");
  const { command, flags } = composition(service);
  const { services, problems, format } = await composeService({ command }, flags);
  if (services === undefined) {
    for (const problem of problems) printError(`error ${format(problem)}\n`);
    return EXIT.configuration;
  }
  const { instances } = await client.apply({ services, start: true, by: "dashboard --service", wait: WAIT });
  for (const { name, state, why } of instances) print(`${harmless(name)} ${state}: ${harmless(why)}\n`);
  const { host, port } = service.address;
  if (exitCodeOf(instances, false) === EXIT.ok) print(`http://${formatHostPort({ host, port })}/#token=${service.token}\n`);
  client.close();
  return exitCodeOf(instances, false);
}

function composition({ address, isExposed, names, tokenFile, historyDirectory }: DashboardService) {
  const { DAEMONITOR_HOME } = process.env;
  const command = [
    ...[process.execPath, process.argv[1] ?? "", "dashboard", "--listen", formatHostPort(address)],
    ...(isExposed ? ["--expose"] : []),
    ...["--history", historyDirectory, "--token-file", tokenFile],
    ...names.flatMap((name) => ["--host", name]),
  ];
  const env = DAEMONITOR_HOME === undefined ? {} : { env: { DAEMONITOR_HOME } };
  return { command, flags: { name: NAME, cwd: "/", inheritEnv: false, ready: { on: "notify" }, ...env } } as const;
}

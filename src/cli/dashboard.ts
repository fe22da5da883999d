/** `daemonitor dashboard`: the web page, in the foreground or as a service. */
import { join, resolve } from "node:path";
import { DaemonError, EXIT, OptionError } from "../launch/errors.ts";
import { formatHostPort, type HostPort, isLoopback, parseHostPort } from "../values/address.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { connectTo, ownHome } from "./connect.ts";
import { flagValue } from "./flagValues.ts";
import { print, printError } from "./output.ts";

const FLAGS = {
  listen: { value: "HOST:PORT", describe: "where to listen", default: "127.0.0.1:9977" },
  expose: { describe: "allow an address that other machines can reach" },
  host: { value: "NAME", repeat: true, describe: "a name that browsers may use for it, besides its address and localhost" },
  history: { value: "DIR", describe: "where the past is kept; without it, dashboard in the supervisor's state directory" },
  "token-file": { value: "FILE", describe: "the token, made where it isn't there; without it, dashboard.token in the state directory" },
  service: { describe: "add it as a service that is kept running, instead of running here" },
} as const satisfies Record<string, Flag>;

type Args = Arguments<keyof typeof FLAGS>;

export const dashboardCommand: Command<keyof typeof FLAGS> = {
  name: "dashboard",
  summary: "show services, the machine and its disks on a web page, with their past",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "Prints an address with a token; whoever has the token may look, and start and stop services. The browser keeps a cookie for 30 days. A new token, from a removed token file and a restart, ends all sessions.",
    "What other machines can reach is not encrypted: put a server with TLS before it, and allow its name with --host.",
    "Prometheus can read /metrics there, with the header Authorization: Bearer TOKEN.",
  ],
  examples: [
    { does: "look now, until Ctrl-C", command: "daemonitor dashboard" },
    { does: "have it always, with a month of history", command: "daemonitor dashboard --service" },
    { does: "behind a server with TLS", command: "daemonitor dashboard --service --host status.example.org" },
  ],
  run,
};

async function run(args: Args): Promise<number> {
  const address = addressOf(args);
  const home = ownHome();
  const tokenFile = resolve(args.text("token-file") ?? join(home.state, "dashboard.token"));
  const historyDirectory = resolve(args.text("history") ?? join(home.state, "dashboard"));
  const client = await connectTo(args.has("service") ? "always" : "after crash");
  const { readToken, serveDashboard } = await import("../dashboard/main.ts");
  const token = await ours(() => readToken(tokenFile));
  if (args.has("service")) {
    const { addDashboard } = await import("./dashboardService.ts");
    return addDashboard(client, { address, isExposed: args.has("expose"), names: args.list("host"), tokenFile, historyDirectory, token });
  }
  const tell = (problem: string) => printError(`warning: no history is written: ${problem}\n`);
  const dashboard = await ours(() => serveDashboard({ client, token, ...address, names: args.list("host"), historyDirectory, tell }));
  // A service's output goes into its log, where the token has no place.
  const isService = process.env.DAEMONITOR_INSTANCE !== undefined;
  print(`${isService ? dashboard.url.replace(/#.*/, "") : dashboard.url}\n`);
  const { notify } = await import("../daemon/notify.ts");
  notify.ready(`listening on ${formatHostPort({ host: address.host, port: dashboard.port })}`);
  await new Promise<void>((asked) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => asked());
  });
  notify.stopping();
  await dashboard.close();
  client.close();
  return EXIT.ok;
}

/** The dashboard is bundled apart, and so is its class of errors: what it throws becomes one of ours. */
async function ours<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isForeign = error instanceof Error && error.name === "DaemonError" && !(error instanceof DaemonError);
    throw isForeign ? new DaemonError({ ...(error as DaemonError) }, { cause: error }) : error;
  }
}

function addressOf(args: Args): HostPort {
  const address = flagValue("listen", () => parseHostPort(args.text("listen") ?? FLAGS.listen.default));
  if (args.has("expose") || isLoopback(address.host)) return address;
  throw new OptionError(
    "--listen",
    `--listen: other machines can reach ${formatHostPort(address)}, and what goes there is not encrypted: add --expose if that is meant`,
  );
}

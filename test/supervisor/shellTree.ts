/** An init with a supervisor that has the parts of the shell that launch instances. */
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import type { LaunchContext } from "../../src/supervisor/shell/composeLaunch.ts";
import type { NotifySockets } from "../../src/supervisor/shell/heldNotify.ts";
import type { ServiceSockets } from "../../src/supervisor/shell/heldSockets.ts";
import type { InstanceLogs } from "../../src/supervisor/shell/instanceLogs.ts";
import type { Orphans } from "../../src/supervisor/shell/orphans.ts";
import type { Commands } from "../../src/supervisor/shell/runCommand.ts";
import type { Tools } from "../fixtures/initSupervisor.ts";
import type { Tracked } from "../support/cleanup.ts";
import { root } from "../support/run.ts";
import { type InitTree, initTree, type TreeOptions } from "./initTree.ts";

/** What the supervisor has, until it is killed. */
export interface Parts {
  readonly logs: InstanceLogs;
  readonly commands: Commands;
  readonly sockets: ServiceSockets;
  readonly notify: NotifySockets;
  readonly orphans: Orphans;
  /** Children of init by right. */
  readonly known: Set<number>;
  readonly composeLaunch: typeof import("../../src/supervisor/shell/composeLaunch.ts").composeLaunch;
}

export type Shell = Tools & Parts;

export interface ShellTree extends InitTree {
  /** As `remote`, with the parts at hand. */
  shell<A, R>(task: (shell: Shell, argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Starts the process of an attempt; what isn't given is as plain as can be. */
  launch(spec: ServiceSpec, context?: Partial<LaunchContext>): Promise<Launched>;
}

export interface Launched {
  readonly serial: number;
  readonly pid: number;
  readonly startTime: number;
  readonly log: string;
  readonly errorLog: string | null;
}

export const HOME = "0123456789abcdef";
const FOLDER = `${root}/src/supervisor/shell`;

export async function shellTree(tracked: Tracked, options: TreeOptions = {}): Promise<ShellTree> {
  const tree = await initTree(tracked, options);
  const shell: ShellTree["shell"] = (task, argument) =>
    tree.remote(
      async (tools, { source, argument, dir, folder, home }) => {
        const at = globalThis as { shellParts?: Promise<Parts> };
        const make = async () => {
          const load = (name: string) => import(`${folder}/${name}.ts`);
          const [logs, commands, sockets, notify, orphans, launch] = await Promise.all(
            ["instanceLogs", "runCommand", "heldSockets", "heldNotify", "orphans", "composeLaunch"].map(load),
          );
          const { client, held } = tools;
          const known = new Set<number>([process.pid]);
          const parts = {
            logs: new logs.InstanceLogs(client, dir),
            commands: new commands.Commands(client),
            sockets: new sockets.ServiceSockets(client, held),
            notify: new notify.NotifySockets(client, held),
            orphans: new orphans.Orphans(client.hello.pid, home, (pid: number) => known.has(pid)),
            known,
            composeLaunch: launch.composeLaunch,
          };
          client.on("exited", (record) => {
            if (parts.commands.exited(record)) void client.acknowledgeExit(record.serial);
          });
          parts.logs.adoptLogs(await client.listLogs());
          return parts;
        };
        at.shellParts ??= make();
        return new Function(`return (${source})`)()({ ...tools, ...(await at.shellParts) }, argument);
      },
      { source: task.toString(), argument, dir: tree.dir, folder: FOLDER, home: HOME },
    );
  const [name, value] = tree.mark.split("=");
  const launch: ShellTree["launch"] = (spec, context = {}) =>
    shell(
      async ({ client, logs, known, composeLaunch }, { spec, context }) => {
        const { out, err, path, errorPath } = await logs.open(spec, context.instance);
        const launch = composeLaunch(spec, {
          ...context,
          starter: process.env,
          logs: "logs" in context ? context.logs : { out, err },
        } as LaunchContext);
        const key = `${context.instance}#${context.attempt}${context.hook === undefined ? "" : `:${context.hook}`}`;
        const { serial, pid, startTime } = await client.spawn({ key, ...launch });
        known.add(pid);
        return { serial, pid, startTime: Number(startTime), log: path, errorLog: errorPath };
      },
      {
        spec,
        context: {
          instance: `${spec.name}/0`,
          number: 0,
          attempt: 1,
          command: spec.command,
          home: HOME,
          sockets: [],
          notifyAddress: null,
          cgroup: null,
          ...context,
          // Ends with the test.
          extraEnvironment: { [name ?? ""]: value ?? "", ...context.extraEnvironment },
        },
      },
    );
  return { ...tree, shell, launch };
}

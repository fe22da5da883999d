/** What all parts of the shell work with. */

import type { EventLog } from "../eventLog.ts";
import type { InitClient } from "../init/initClient.ts";
import type { DesiredState } from "../state/desiredState.ts";
import type { Home } from "../state/home.ts";
import type { Journal } from "../state/journal.ts";
import type { FoundCgroup } from "../tree/findCgroup.ts";
import type { Archives } from "./archives.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Heirlooms } from "./heirlooms.ts";
import type { NotifySockets } from "./heldNotify.ts";
import type { ServiceSockets } from "./heldSockets.ts";
import type { InstanceLogs } from "./instanceLogs.ts";
import type { LogClock } from "./logClock.ts";
import type { Problems } from "./problems.ts";
import type { Queue } from "./queue.ts";
import type { Commands } from "./runCommand.ts";
import type { Unit } from "./unit.ts";

export interface Context {
  readonly home: Home;
  /** In the marks of its processes. */
  readonly homeId: string;
  /** The environment that the supervisor was started with. */
  readonly starter: NodeJS.ProcessEnv;
  readonly client: InitClient;
  readonly journal: Journal;
  readonly desired: DesiredState;
  readonly events: EventLog;
  readonly problems: Problems;
  readonly logs: InstanceLogs;
  readonly logClock: LogClock;
  /** What is put aside, on its way to be compressed. */
  readonly archives: Archives;
  readonly sockets: ServiceSockets;
  readonly notify: NotifySockets;
  readonly commands: Commands;
  readonly cgroups: FoundCgroup;
  /** By name, "web/0". */
  readonly units: Map<string, Unit>;
  readonly heirlooms: Heirlooms;
  /** Of main processes that live: children of init that are known. */
  readonly pids: Set<number>;
  readonly dispatcher: Dispatcher;
  /** Processes on their way: init, and what it answers, must not fall behind while 10,000 are started at once. */
  readonly spawns: Queue;
  /** The user that a service runs as. */
  uidOf(unit: Unit): number;
  isInitGone(): boolean;
}

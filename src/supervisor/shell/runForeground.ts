/** A tree in the foreground at work: its services are applied, signals to init are followed, and it ends with its services. */
import { native } from "../../native/addon.ts";
import type { Control } from "../control.ts";
import { NO_MONITOR } from "../state/monitorShape.ts";
import type { CommandRunner } from "./commands.ts";
import { exitCodeOf, isOver, isReady, reactionTo } from "./foreground.ts";
import type { ForegroundRun } from "./foregroundRun.ts";
import { logsOf, logsToCome, type RunOutput } from "./runOutput.ts";
import type { Supervisor } from "./supervisor.ts";

export interface Foreground {
  readonly control: Control;
  readonly supervisor: Supervisor;
  readonly commands: CommandRunner;
  /** NOTIFY_SOCKET of whoever started the tree. */
  readonly notifyAddress: string | undefined;
  /** Where what services write is shown. */
  readonly output: RunOutput | undefined;
  /** Ends the tree with this exit code. */
  end(exitCode: number): void;
}

export function runForeground(
  { services, monitor = NO_MONITOR, terminal }: ForegroundRun,
  { control, supervisor, commands, notifyAddress, output, end }: Foreground,
): void {
  const { client, desired } = supervisor.context;
  let isStopping = false;
  // One service that won't start must not keep a machine's boot waiting for the others.
  let isToldReady = services === null;
  let isApplied = services === null;
  const tell = (state: string) => {
    if (notifyAddress !== undefined && notifyAddress !== "") sendState(notifyAddress, state);
  };
  const finish = () => {
    // Saved services go on at the next boot; that they were stopped is no failure.
    if (services === null) return end(0);
    const code = exitCodeOf(control.list());
    for (const name of [...desired.services.keys()]) desired.delete(name);
    end(code);
  };
  const stop = async (by: string, force: boolean) => {
    if (!isStopping) tell("STOPPING=1");
    isStopping = true;
    await commands.stopAll(by, force);
    finish();
  };
  const look = () => {
    if (!isApplied || isStopping) return;
    const all = control.list();
    if (!isToldReady && isReady(all)) {
      isToldReady = true;
      tell("READY=1");
    }
    if (services === null || !isOver(all)) return;
    isStopping = true;
    finish();
  };
  supervisor.onInitSignal((signal) => {
    const reaction = reactionTo(signal as NodeJS.Signals, { terminal, stopping: isStopping });
    switch (reaction.do) {
      case "stop":
        if (!isStopping) void stop(`${signal} to init`, false);
        return;
      case "kill":
        void stop(`${signal} to init, again`, true);
        return;
      case "reload":
        void control.act({ selector: "all", action: "reload", by: `${signal} to init`, wait: 0 }).catch(() => {});
        return;
      case "pass":
        void control.act({ selector: "all", action: "signal", signalName: reaction.signal, by: `${signal} to init` }).catch(() => {});
    }
  });
  control.events.subscribe((event) => {
    // After the machine has done all that it does about it.
    if (event.type === "state") setImmediate(look);
    if (event.type === "service") setImmediate(showOutput);
  });
  const showOutput = () => output?.show(logsOf(control.list()));
  const begin = async () => {
    if (services !== null) {
      // Before they write: a line is printed as soon as it is there.
      output?.show(logsToCome(services));
      // A supervisor that was started again finds them as they are, also those that were stopped meanwhile.
      const isFirst = client.hello.restarts === 0;
      await control.apply({ services, monitor, prune: true, start: isFirst, by: "daemonitor run", wait: 0 }).catch((error: unknown) => {
        console.error(`daemonitor: ${error instanceof Error ? error.message : error}`);
      });
    }
    isApplied = true;
    showOutput();
    if (services === null) tell("READY=1");
    look();
  };
  void begin();
}

function sendState(address: string, state: string): void {
  try {
    native().sendDatagram(address, Buffer.from(state), []);
  } catch {
    // Nobody listens any more: then nobody wants to know.
  }
}

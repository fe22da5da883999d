/** The commands, each in a file of its own that is loaded only when it is asked for. */
import type { Command } from "./command.ts";

export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const commands: Readonly<Record<string, Entry>> = {
  daemonize: { summary: "make a daemon of any program", load: async () => (await import("./daemonize.ts")).daemonizeCommand },
  stop: { summary: "stop the daemon that a pid file names", load: async () => (await import("./stop.ts")).stopCommand },
  status: { summary: "tell whether the daemon that a pid file names runs", load: async () => (await import("./status.ts")).statusCommand },
  signal: { summary: "send a signal to the daemon that a pid file names", load: async () => (await import("./signal.ts")).signalCommand },
  check: { summary: "tell every mistake in a configuration", load: async () => (await import("./check.ts")).checkCommand },
  selftest: { summary: "make a daemon and check every property of it", load: async () => (await import("./selftest.ts")).selftestCommand },
};

/** The commands, each in a file of its own that is loaded only when it is asked for. */
import type { Command } from "./command.ts";

/** What the overview of the help puts together. */
export type Group = "services" | "daemons" | "machine";

export interface Entry {
  readonly group: Group;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Other words for the same: those of pm2, and of habit. */
const ALIASES: Readonly<Record<string, string>> = { ls: "status", list: "status", show: "describe" };

export const commands: Readonly<Record<string, Entry>> = withAliases({
  start: {
    group: "services",
    summary: "start a script, a command, a configuration, or a service that is there",
    load: async () => (await import("./start.ts")).startCommand,
  },
  stop: {
    group: "services",
    summary: "stop services, or the daemon that a pid file names",
    load: async () => (await import("./stop.ts")).stopCommand,
  },
  restart: {
    group: "services",
    summary: "stop services and start them again",
    load: async () => (await import("./restart.ts")).restartCommand,
  },
  reload: {
    group: "services",
    summary: "let services read their configuration again, or replace them without a gap",
    load: async () => (await import("./reload.ts")).reloadCommand,
  },
  delete: {
    group: "services",
    summary: "stop services and forget them",
    load: async () => (await import("./delete.ts")).deleteCommand,
  },
  scale: {
    group: "services",
    summary: "change how many instances a service has",
    load: async () => (await import("./scale.ts")).scaleCommand,
  },
  apply: {
    group: "services",
    summary: "bring the services to what a configuration says",
    load: async () => (await import("./apply.ts")).applyCommand,
  },
  status: { group: "services", summary: "tell what runs", load: async () => (await import("./status.ts")).statusCommand },
  describe: {
    group: "services",
    summary: "show everything that is known of services",
    load: async () => (await import("./describe.ts")).describeCommand,
  },
  why: {
    group: "services",
    summary: "tell why services are as they are: history, last exit, last output",
    load: async () => (await import("./why.ts")).whyCommand,
  },
  logs: {
    group: "services",
    summary: "show what services wrote, and follow what they write",
    load: async () => (await import("./logs.ts")).logsCommand,
  },
  rotate: {
    group: "services",
    summary: "put logs aside and begin new ones",
    load: async () => (await import("./rotate.ts")).rotateCommand,
  },
  clear: {
    group: "services",
    summary: "throw away what services wrote",
    load: async () => (await import("./clear.ts")).clearCommand,
  },
  top: {
    group: "services",
    summary: "show what services, the machine and its disks use, by the second",
    load: async () => (await import("./top.ts")).topCommand,
  },
  dashboard: {
    group: "services",
    summary: "show services, the machine and its disks on a web page, with their past",
    load: async () => (await import("./dashboard.ts")).dashboardCommand,
  },
  report: {
    group: "services",
    summary: "write the last day on one page: restarts, biggest consumers, disks, checks, alerts",
    load: async () => (await import("./reportCommand.ts")).reportCommand,
  },
  events: {
    group: "services",
    summary: "tell what happened to services, and go on telling",
    load: async () => (await import("./events.ts")).eventsCommand,
  },
  signal: {
    group: "services",
    summary: "send a signal to services, or to the daemon that a pid file names",
    load: async () => (await import("./signal.ts")).signalCommand,
  },
  checks: {
    group: "services",
    summary: "show each check with its last values, and what it did",
    load: async () => (await import("./checks.ts")).checksCommand,
  },
  alerts: {
    group: "services",
    summary: "show what was told and what waits, or send a test alert",
    load: async () => (await import("./alerts.ts")).alertsCommand,
  },
  check: {
    group: "services",
    summary: "tell every mistake in a configuration",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  daemonize: {
    group: "daemons",
    summary: "make a daemon of any program",
    load: async () => (await import("./daemonize.ts")).daemonizeCommand,
  },
  selftest: {
    group: "daemons",
    summary: "make a daemon and check every property of it",
    load: async () => (await import("./selftest.ts")).selftestCommand,
  },
  run: {
    group: "machine",
    summary: "supervise in the foreground: under systemd, or as pid 1 of a container",
    load: async () => (await import("./run.ts")).runCommand,
  },
  shutdown: {
    group: "machine",
    summary: "end all services and the supervisor",
    load: async () => (await import("./shutdown.ts")).shutdownCommand,
  },
  enable: {
    group: "machine",
    summary: "start the services at boot",
    load: async () => (await import("./enable.ts")).enableCommand,
  },
  disable: {
    group: "machine",
    summary: "no longer start the services at boot",
    load: async () => (await import("./disable.ts")).disableCommand,
  },
  doctor: {
    group: "machine",
    summary: "tell what this machine offers, and what is degraded without it",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  monitor: {
    group: "machine",
    summary: "watch and control services on the whole terminal",
    load: async () => (await import("./monitor.ts")).monitorCommand,
  },
  completion: {
    group: "machine",
    summary: "print a script that completes command lines, for bash, zsh or fish",
    load: async () => (await import("./completion.ts")).completionCommand(commands),
  },
});

/** An alias is found by its name and listed nowhere: helps and completions show each command once. */
function withAliases(table: Readonly<Record<string, Entry>>): Readonly<Record<string, Entry>> {
  const aliases = Object.entries(ALIASES).map(([alias, name]) => [alias, { value: table[name], enumerable: false }]);
  return Object.defineProperties({ ...table }, Object.fromEntries(aliases));
}

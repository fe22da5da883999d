/** The flags of `daemonitor daemonize`: the library's options in kebab case. */
import { type Flag, JSON_FLAG } from "./command.ts";

export const DAEMONIZE_FLAGS = {
  cwd: { short: "c", value: "DIR", option: "cwd", default: "/", describe: "working directory" },
  umask: {
    value: "MODE",
    option: "umask",
    default: "0",
    describe: "file creation mask, octal; 022 or stricter is better for new programs",
  },
  stdin: { value: "FROM", option: "stdin", default: "/dev/null", describe: "standard input: a file, fd=N or inherit" },
  stdout: { short: "o", value: "TO", option: "stdout", default: "/dev/null", describe: "standard output: a file, fd=N, inherit or syslog" },
  stderr: { short: "e", value: "TO", option: "stderr", default: "/dev/null", describe: "standard error, likewise" },
  append: { short: "a", describe: "append to the files of --stdout and --stderr, which is the default" },
  truncate: { option: "truncate", describe: "empty them first" },
  "pid-file": {
    short: "p",
    value: "FILE",
    option: "pidFile",
    describe: "file to lock and to write the pid to; a second daemon with it is refused",
  },
  "keep-fd": { value: "N", repeat: true, option: "keepFds", describe: "descriptor, 3 or above, that stays open; all others are closed" },
  hangup: { value: "WHAT", option: "hangup", default: "ignore", describe: "SIGHUP in the daemon: ignore or default" },
  user: { short: "u", value: "USER", option: "user", describe: "name or number of the user to become" },
  group: { short: "g", value: "GROUP", option: "group", default: "the user's own", describe: "name or number of the group to become" },
  groups: {
    value: "LIST",
    option: "groups",
    default: "those of the user",
    describe: "supplementary groups, with commas between; empty for none",
  },
  chroot: { value: "DIR", option: "chroot", describe: "new root directory; --cwd and the command are looked up inside" },
  env: {
    short: "E",
    value: "NAME[=VALUE]",
    repeat: true,
    bytes: true,
    option: "env",
    describe: "set a variable, or pass on the caller's own past --clear-env",
  },
  "clear-env": { option: "clearEnv", describe: "start from an empty environment (PATH is kept to the system's default)" },
  "env-file": { value: "FILE", option: "envFile", describe: "file of NAME=VALUE lines; --env wins over it" },
  limit: {
    value: "NAME=VALUE",
    repeat: true,
    option: "limits",
    describe: "resource limit: nofile=4096, nofile=1024:4096 (soft:hard), core=unlimited, fsize=10MiB",
  },
  core: { option: "coreDump", describe: "dump core, as much as the hard limit allows" },
  "no-core": { option: "coreDump", describe: "never dump core" },
  nice: { value: "N", option: "nice", default: "unchanged", describe: "niceness, -20 to 19" },
  "io-priority": {
    value: "CLASS",
    option: "ioPriority",
    default: "unchanged",
    describe: "idle, best-effort[:0-7] or realtime[:0-7], as for ionice(1)",
  },
  "oom-score": { value: "N", option: "oomScore", default: "unchanged", describe: "oom_score_adj, -1000 to 1000" },
  "no-new-privileges": { option: "noNewPrivileges", describe: "nothing that the daemon executes gains privileges" },
  name: { value: "NAME", option: "name", default: "the command's", describe: "ident for syslog" },
  ready: {
    value: "WHEN",
    option: "ready",
    default: "started",
    describe:
      "wait until the command is started, until it sends READY=1 (notify), or until it writes a line to descriptor 3 (fd) or N (fd=N)",
  },
  timeout: {
    value: "TIME",
    option: "readyTimeout",
    default: "30s",
    describe: "how long to wait for that: 500ms, 1min; a bare number is seconds, 0 is for ever",
  },
  foreground: { option: "detach", describe: "don't fork: become the command, with all the rest as asked" },
  "print-pid": { describe: "print the daemon's pid" },
  "dry-run": { describe: "print the launch plan and start nothing" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export type DaemonizeFlag = keyof typeof DAEMONIZE_FLAGS;

/** What starts the tree at boot, as systemd and cron want it written. Pure. */

/** How our units begin: what doesn't was written by somebody else. */
export const UNIT_MARK = '# Written by "daemonitor enable"';

export interface Boot {
  /** Of the unit, and of the line in the crontab: "daemonitor", or "daemonitor-srv-app" for a home of its own. */
  readonly name: string;
  /** Node and our program, absolute. */
  readonly program: readonly string[];
  /** Where services find their programs. */
  readonly path: string;
  /** DAEMONITOR_HOME, where it is set. */
  readonly home: string | undefined;
  /** The supervisor's own output, where nobody else keeps it. */
  readonly log: string;
}

/**
 * The unit. The tree runs in the foreground, so that systemd sees its end.
 *
 * @param scope "system", or "user" for the manager of a user
 */
export function unitText({ program, path, home }: Boot, scope: "system" | "user"): string {
  const isSystem = scope === "system";
  const lines = [
    `${UNIT_MARK}; "daemonitor disable" removes it. Changes belong into a drop-in: systemctl edit.`,
    "[Unit]",
    "Description=daemonitor, which keeps services running",
    ...(isSystem ? ["Wants=network-online.target", "After=network-online.target remote-fs.target"] : []),
    "# However often it ends: services that it should watch depend on it.",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=notify",
    "# The main process is daemonitor-init; what reports is the supervisor in it.",
    "NotifyAccess=all",
    `ExecStart=${[...program, "run", "--saved"].map(execWord).join(" ")}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    '# Not "always": after "daemonitor shutdown" it stays down.',
    "Restart=on-failure",
    "RestartSec=2",
    "# When it is killed, its services live on, and the next one adopts them. It stops them itself when it is stopped.",
    "KillMode=process",
    "TimeoutStopSec=5min",
    "# One service that takes too much memory is not the end of the others.",
    "OOMPolicy=continue",
    "TasksMax=infinity",
    "# For the limits of services: a cgroup for each, and one for ourselves (systemd 254 and later).",
    "Delegate=yes",
    "DelegateSubgroup=supervisor",
    `Environment=${unitWord(`PATH=${path}`)}`,
    ...(home === undefined ? [] : [`Environment=${unitWord(`DAEMONITOR_HOME=${home}`)}`]),
    "",
    "[Install]",
    `WantedBy=${wantedBy(scope)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The target that the unit is enabled in. */
export function wantedBy(scope: "system" | "user"): string {
  return scope === "system" ? "multi-user.target" : "default.target";
}

/** The end of our line in a crontab, a comment for the shell that runs it. */
export function cronMark({ name }: Pick<Boot, "name">): string {
  return `# ${name}, by "daemonitor enable"`;
}

/** The line of a crontab. cron runs it by sh, and would wait for what stays in the foreground. */
export function cronLine(boot: Boot): string {
  const { program, path, home, log } = boot;
  const variables = [`PATH=${shellWord(path)}`, ...(home === undefined ? [] : [`DAEMONITOR_HOME=${shellWord(home)}`])];
  // What services write is in their logs, which have a budget; this one has none.
  const words = [...program, "daemonize", "--stdout", log, "--stderr", log, "--", ...program, "run", "--saved", "--quiet"].map(shellWord);
  // crontab(5): a bare % ends the command.
  return `@reboot ${[...variables, ...words].join(" ").replaceAll("%", "\\%")} ${cronMark(boot)}`;
}

/** A word of ExecStart: systemd.service(5), "COMMAND LINES". */
function execWord(word: string): string {
  return unitWord(word).replaceAll("$", "$$$$");
}

/** systemd.syntax(7), "QUOTING", and the specifiers of systemd.unit(5). */
function unitWord(word: string): string {
  const safe = word.replaceAll("%", "%%");
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `"${safe.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Who may speak for a service on its notification socket, and what its words mean to the machine. Pure decisions:
 *
 *   const message = parseNotifyMessage(event.data);                     // values/notifyMessage.ts
 *   if (message !== null && trust(event, service, readProcessStat).trusted) for (const each of eventsOf(message, attempt)) step(each);
 *   if (message?.mainPid && trust({ pid: message.mainPid, … }) …)       // see mayBecomeMain
 */
import type { NotifyFields } from "../../values/notifyMessage.ts";
import type { Event } from "../events.ts";

/** As the kernel vouched for it when the datagram was sent. */
export interface Sender {
  /** 0 where it is outside our pid namespace. */
  readonly pid: number;
  readonly uid: number;
  /** Its session when the datagram was received; 0 where it was gone already. */
  readonly session: number;
}

export interface Speaker {
  /** The main process, null where it isn't known (yet). */
  readonly main: { readonly pid: number; readonly startTime: number } | null;
  /** The session that the service was started in, null where it isn't known (yet). */
  readonly session: number | null;
  /** The service's user. */
  readonly uid: number;
}

/** What /proc/PID/stat says, undefined where there is no such process. */
export type LookUp = (pid: number) => { readonly parent: number; readonly session: number; readonly startTime: number } | undefined;

export type Trust = { readonly trusted: true; readonly as: "main" | "session" | "descendant" | "user" } | { readonly trusted: false };

/** More generations than any process tree has: /proc may change while it is walked. */
const MOST_GENERATIONS = 1000;
const NOBODY: Trust = { trusted: false };

/**
 * The main process may speak, and so may those in its session (systemd-notify in a script) and its descendants. Of a sender
 * that is gone already only the user is known, and that has to do: systemd-notify often is.
 */
export function trust(sender: Sender, service: Speaker, lookUp: LookUp): Trust {
  const found = sender.pid > 0 ? lookUp(sender.pid) : undefined;
  const { main } = service;
  // A start time that differs is another process, that got the number after the sender had ended.
  if (main !== null && sender.pid === main.pid) return found === undefined || found.startTime === main.startTime ? as("main") : NOBODY;
  const session = sender.session || found?.session || 0;
  if (session > 0 && session === service.session) return as("session");
  if (found === undefined) return session === 0 && sender.uid === service.uid ? as("user") : NOBODY;
  return isDescendant(sender.pid, main, lookUp) ? as("descendant") : NOBODY;
}

/**
 * Whether MAINPID may name this process: it lives, and is one of the service's own. Otherwise a service could have any other
 * process stopped in its stead.
 */
export function mayBecomeMain(pid: number, service: Speaker, lookUp: LookUp): boolean {
  const found = lookUp(pid);
  if (pid <= 1 || found === undefined) return false;
  if (pid === service.main?.pid) return found.startTime === service.main.startTime;
  return (service.session !== null && found.session === service.session) || isDescendant(pid, service.main, lookUp);
}

/**
 * What the machine is to be told, in this order. READY=1 ends a reload as well. MAINPID is not among it, since the new
 * process has to be looked at first; nor are STATUS and STOPPING, which change nothing but what is shown.
 */
export function eventsOf(message: NotifyFields, attempt: number): Event[] {
  const { errno, status } = message;
  const events: (Event | null)[] = [
    message.extendTimeout === null ? null : { type: "extendTimeout", ms: message.extendTimeout },
    message.reloading ? { type: "reloadStarted" } : null,
    message.ready ? { type: "ready", attempt } : null,
    errno === null || message.ready
      ? null
      : { type: "readinessFailed", attempt, why: `it reported errno ${errno}${status ? `: ${status}` : ""}` },
    message.watchdog === "alive" ? { type: "watchdogPing" } : null,
    message.watchdog === "trigger" ? { type: "watchdogTriggered" } : null,
  ];
  return events.filter((event) => event !== null);
}

function as(who: "main" | "session" | "descendant" | "user"): Trust {
  return { trusted: true, as: who };
}

function isDescendant(pid: number, main: Speaker["main"], lookUp: LookUp): boolean {
  if (main === null || lookUp(main.pid)?.startTime !== main.startTime) return false;
  let at = pid;
  for (let generation = 0; generation < MOST_GENERATIONS; generation++) {
    const parent = lookUp(at)?.parent ?? 0;
    if (parent === main.pid) return true;
    if (parent <= 1) return false;
    at = parent;
  }
  return false;
}

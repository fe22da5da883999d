/** Running without detaching: when, and what is different then. */
import { closeSync } from "node:fs";
import { apply } from "../launch/run.ts";
import { native } from "../native/addon.ts";
import type { CheckedSharedOptions, SharedOptions } from "./options.ts";
import { startedBy } from "./startedBy.ts";
import { composeStreams, OWN_FDS_FROM, type Streams, usesSyslog } from "./streams.ts";
import { SyslogRelay } from "./syslogRelay.ts";

/** With `"auto"`: init, systemd or a superserver started us, and want to keep us. */
export function staysAttached(options: Pick<SharedOptions, "detach"> | undefined): boolean {
  return options?.detach === "auto" ? startedBy() !== "user" : options?.detach === false;
}

/** Who isn't detached writes where its starter expects it, unless told otherwise. */
export function withInheritedStreams<O extends SharedOptions>(options: O | undefined): O {
  const { stdin = "inherit", stdout = "inherit", stderr = "inherit" } = options ?? {};
  return { ...options, stdin, stdout, stderr } as O;
}

/** Points this process's own standard streams where the options have them. */
export function redirectSelf(options: CheckedSharedOptions, owner: number | undefined, ident: string): void {
  withStreams(options, owner, ident, (streams) => apply(streams.steps));
}

/**
 * The streams for as long as `action` takes, the syslog relay started. An error leaves descriptors 0 to 2 as they were, so
 * that it can be reported where the caller looks.
 */
export function withStreams(
  options: CheckedSharedOptions,
  owner: number | undefined,
  ident: string,
  action: (streams: Streams) => void,
): void {
  const relay = usesSyslog(options) ? new SyslogRelay() : undefined;
  const streams = composeStreams(options, owner, relay?.writeEnd);
  const before = [0, 1, 2].map((fd) => native().duplicate(fd, OWN_FDS_FROM));
  try {
    relay?.start(ident, process.pid);
    action(streams);
  } catch (error) {
    for (const [fd, copy] of before.entries()) native().duplicateTo(copy, fd);
    throw error;
  } finally {
    for (const fd of before) closeSync(fd);
    streams.close();
    relay?.close();
  }
}

/** What can't be right in one key of a service because of another one. Pure, but for the complaints. */
import { given } from "../values/valueError.ts";
import type { Place } from "./place.ts";
import type { ServiceKeys } from "./serviceTable.ts";
import type { Draft } from "./table.ts";

type Keys = Draft<ServiceKeys>;

/** Each takes what could be read; a key with a problem of its own is missing. `asked` is what the author wrote. */
export function checkTogether(keys: Keys, asked: Readonly<Record<string, unknown>>, at: Place): void {
  program(keys, asked, at);
  forking(keys, at);
  ready(keys, asked, at.at("ready"));
  restart(keys, at);
  reload(keys, at.at("reload"));
  health(keys, asked, at.at("health"));
  logs(keys, at.at("logs"));
  checks(keys, asked, at.at("checks"));
}

function program({ command, script, interpreter }: Keys, asked: Readonly<Record<string, unknown>>, at: Place): void {
  const given = (key: string) => asked[key] !== undefined && asked[key] !== null;
  if (given("command") && given("script")) at.at("script").error('"command" says already what to run: use one of them');
  if (!given("command") && !given("script")) at.error('it says nothing about what to run: "command" or "script" is needed');
  if (interpreter && command && !script) at.at("interpreter").error('it has no use without "script": write it first in "command"');
}

function forking({ type, pidFile, instances, reload }: Keys, at: Place): void {
  if (type !== undefined && type !== "forking" && pidFile) {
    at.at("pidFile").error(`it has no use with type ${given(type)}: leave it out, or set type to "forking"`);
  }
  if (type !== "forking" || !pidFile) return;
  if (instances !== undefined && instances > 1) at.at("instances").error("several instances can't share one pidFile");
  if (reload?.rolling === true) {
    at.at("reload").at("rolling").error("the old and the new instance would share one pidFile: reload by a signal, or leave pidFile out");
  }
}

/** What each way of being ready needs. */
const NEEDED = { port: "port", http: "url", line: "pattern", exec: "command" } as const;

function ready({ ready: section }: Keys, asked: Readonly<Record<string, unknown>>, at: Place): void {
  if (section === undefined) return;
  const present = Object.values(NEEDED).filter((key) => isGiven(asked.ready, key));
  const on = section.on;
  if (on === undefined) return;
  if (on === null) {
    if (present.length > 1) at.error(`${present.map(given).join(" and ")} are different ways of being ready: use one of them`);
    return;
  }
  const needed = on === "started" || on === "notify" ? undefined : NEEDED[on];
  if (needed !== undefined && !present.includes(needed)) at.error(`on is ${given(on)}, so ${given(needed)} is needed`);
  for (const key of present) if (key !== needed) at.at(key).error(`it has no use where "on" is ${given(on)}`);
}

function restart({ restart: section, schedule, type }: Keys, at: Place): void {
  if (schedule && section?.when === "always") {
    at.at("restart")
      .at("when")
      .error('a service with a schedule ends and waits for its time: "always" would never let it; use "on-failure" or "never"');
  }
  if (type === "oneshot" && !schedule && section?.when === "always") {
    at.at("restart")
      .at("when")
      .error('a oneshot ends when its work is done: "always" would begin it again and again; use "on-failure" or "never"');
  }
  const { initial, max } = section?.backoff ?? {};
  if (initial !== undefined && max !== undefined && initial > max) {
    at.at("restart").at("backoff").error('"initial" is more than "max"');
  }
  if (schedule?.cron === null) at.at("schedule").error('"cron" is needed');
}

function reload({ reload: section }: Keys, at: Place): void {
  if (!section) return;
  const { signal, rolling } = section;
  if (signal && rolling) at.error('"signal" and "rolling" are different ways to reload: use one of them');
  if (signal === null && rolling !== undefined && rolling !== true) at.error('"signal", or "rolling: true", is needed');
}

function health({ health: section }: Keys, asked: Readonly<Record<string, unknown>>, at: Place): void {
  if (!section) return;
  const probes = typeof asked.health === "string" ? ["http"] : ["http", "tcp", "exec"].filter((key) => isGiven(asked.health, key));
  if (probes.length === 0) at.error('"http", "tcp" or "exec" is needed');
  if (probes.length > 1) at.error(`${probes.map(given).join(" and ")} are different probes: use one of them`);
}

function logs({ logs: section }: Keys, at: Place): void {
  const { maxSize, maxTotal } = section ?? {};
  if (maxSize && maxTotal && maxSize > maxTotal) at.at("maxTotal").error('it is less than "maxSize", so one file alone would pass it');
}

function checks({ checks: list }: Keys, asked: Readonly<Record<string, unknown>>, at: Place): void {
  list?.forEach((_, index) => {
    const check = Array.isArray(asked.checks) ? asked.checks[index] : undefined;
    const here = at.at(index);
    if (!isGiven(check, "metric")) here.error('"metric" is needed');
    if (isGiven(check, "above") === isGiven(check, "below")) here.error('either "above" or "below" is needed');
  });
}

function isGiven(section: unknown, key: string): boolean {
  if (typeof section !== "object" || section === null || !Object.hasOwn(section, key)) return false;
  const value = (section as Readonly<Record<string, unknown>>)[key];
  return value !== undefined && value !== null;
}

/** Which logs are meant: by the supervisor's list where it answers, else by the directories that are there. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../api/client.ts";
import { DaemonError, EXIT } from "../launch/errors.ts";
import type { LogName } from "../logs/readLog.ts";
import { listStreams } from "../logs/readSegments.ts";
import { ControlError } from "../supervisor/control.ts";
import { type Selectable, selectInstances } from "../supervisor/selector.ts";
import type { Home } from "../supervisor/state/home.ts";

export interface ShownLog extends LogName {
  readonly service: string;
  /** "web/0" */
  readonly instance: string;
  /** Where standard error is not separate, standard output has both. */
  readonly output: "stdout" | "stderr";
}

export interface Choice {
  /** Selectors; none is all. */
  readonly words: readonly string[];
  readonly instance: string | undefined;
  readonly only: "stdout" | "stderr" | undefined;
}

/** Milliseconds that the supervisor may take to answer: the files are there without it. */
const PATIENCE = 1000;

/** The services that the supervisor has; undefined where it doesn't answer. */
export async function askSupervisor({ socket }: Home): Promise<readonly Selectable[] | undefined> {
  const client = new Client({ socket, timeout: PATIENCE });
  try {
    const services = await client.list();
    return services.map(({ name, instances }) => ({
      name,
      instances: instances.map((one) => one.name.slice(one.name.lastIndexOf("/") + 1)),
    }));
  } catch {
    return undefined;
  } finally {
    client.close();
  }
}

/** The services that have left a directory, also those that were deleted. */
export function servicesOnDisk({ log }: Home): readonly Selectable[] {
  let names: readonly string[];
  try {
    names = readdirSync(log, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
  return names.toSorted().map((name) => ({
    name,
    instances: [...new Set(listStreams(join(log, name)).map((stream) => stream.replace(".error", "")))],
  }));
}

/**
 * The logs that are meant, whether or not they exist. Services that were deleted are found by their names, but are no part of "all".
 *
 * @throws DaemonError ERR_NO_SUCH_SERVICE
 */
export function chooseLogs(
  home: Home,
  choice: Choice,
  present: readonly Selectable[] | undefined,
  onDisk: readonly Selectable[],
): readonly ShownLog[] {
  const words = choice.words.length === 0 ? ["all"] : choice.words;
  const chosen = new Map<string, ShownLog>();
  for (const word of words) {
    for (const { name, instances } of meant(word, present ?? onDisk, onDisk)) {
      for (const number of instances) {
        if (choice.instance !== undefined && number !== choice.instance) continue;
        for (const output of ["stdout", "stderr"] as const) {
          if (choice.only !== undefined && choice.only !== output) continue;
          const stream = output === "stdout" ? number : `${number}.error`;
          chosen.set(`${name}/${stream}`, {
            service: name,
            instance: `${name}/${number}`,
            output,
            stream,
            directory: join(home.log, name),
          });
        }
      }
    }
  }
  return [...chosen.values()];
}

/** "web/0" or "web/0.error": one for each log. */
export function keyOf({ service, stream }: Pick<ShownLog, "service" | "stream">): string {
  return `${service}/${stream}`;
}

function meant(word: string, present: readonly Selectable[], onDisk: readonly Selectable[]): readonly Selectable[] {
  try {
    return selectInstances(word, present);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    try {
      return selectInstances(word, onDisk);
    } catch {
      const { code, message, hint } = error;
      throw new DaemonError({ step: "logs", code, errno: 3, strerror: message, hint, exitCode: EXIT.unavailable }, { cause: error });
    }
  }
}

/** Services for the tests of what is left of an instance: shell and Python programs, marked as the supervisor marks them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../../src/supervisor/events.ts";
import { readIdentity } from "../../src/supervisor/tree/identity.ts";
import { composeMark, MARK_VARIABLE, type Mark } from "../../src/supervisor/tree/mark.ts";
import type { Tracked } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { type RunOptions, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

export const python = "/usr/bin/python3";

let homes = 0;

/** Another one for each test, so that none finds what is another's. */
export function someMark(more: Partial<Mark> = {}): Mark {
  homes += 1;
  return { home: `test${process.pid}x${homes}`, instance: "web/0", attempt: 1, ...more };
}

export interface Service {
  readonly main: Identity;
  readonly dir: string;
  /** The pid that the service wrote to a file of this name; its process ends with the test. */
  pid(name: string): Promise<number>;
}

/** Leads a session; runs in a directory of its own, where it leaves its pids: `echo $$ > main`. */
export function service(tracked: Tracked, mark: Mark | undefined, argv: readonly string[], options: RunOptions = {}): Service {
  const dir = options.cwd ?? tracked.dir();
  const [file = "", ...args] = argv;
  const env = { ...options.env, ...(mark === undefined ? {} : { [MARK_VARIABLE]: composeMark(mark) }) };
  const child = start(file, args, { ...options, cwd: dir, env, stdio: "ignore" });
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  tracked.killSession(child.pid);
  const main = readIdentity(child.pid);
  if (main === undefined) throw new Error(`${file} is gone`);
  return {
    main,
    dir,
    pid: (name) =>
      until(`the pid in ${name}`, () => {
        const text = readFileSync(join(dir, name), "utf8");
        return text.endsWith("\n") && tracked.kill(Number(text));
      }),
  };
}

/** The same, as a shell script. */
export function script(tracked: Tracked, mark: Mark | undefined, text: string, options?: RunOptions): Service {
  return service(tracked, mark, ["/bin/sh", "-c", text], options);
}

export function pidsOf(found: readonly { readonly pid: number }[]): number[] {
  return found.map(({ pid }) => pid).sort((a, b) => a - b);
}

export function sorted(...pids: readonly number[]): number[] {
  return [...pids].sort((a, b) => a - b);
}

export function ended(...pids: readonly number[]): Promise<true> {
  return until(`processes ${pids.join(", ")} to end`, () => pids.every((pid) => !isAlive(pid)));
}

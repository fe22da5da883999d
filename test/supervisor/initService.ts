/** A program under init whose output goes into a log. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InitTree } from "./initTree.ts";

export interface ServiceOptions {
  /** Of the log in the tree's directory, and the key. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly tellAt?: number;
}

/** Starts it with standard output and error on one pipe, and all signals as usual. */
export function service(tree: InitTree, { name, argv, tellAt = 0 }: ServiceOptions) {
  return tree.remote(
    async ({ client, steps, slot, require }, { name, argv, tellAt, dir, mark }) => {
      const { openSync, closeSync } = require("node:fs");
      const fd = openSync(`${dir}/${name}`, "w+");
      const { log } = await client.setLog({ name, fd, tellAt });
      closeSync(fd);
      const plan = [
        steps.fork(),
        steps.setsid(),
        steps.defaultSignals(),
        steps.signalMask([]),
        steps.closeFdsFrom(0, { except: [slot(0)] }),
        steps.openAt(0, "/dev/null", "r"),
        steps.dup(slot(0), 1),
        steps.dup(slot(0), 2),
        steps.exec(argv[0] ?? "", argv, [mark, "PATH=/usr/bin:/bin"]),
      ];
      const started = await client.spawn({ key: name, plan, descriptors: [{ pipe: log }] });
      return { ...started, startTime: Number(started.startTime), log };
    },
    { name, argv, tellAt, dir: tree.dir, mark: tree.mark },
  );
}

/** A program that writes `count` lines of 100 bytes as fast as it can, each with its number, and stays. */
export function numberedWriter(dir: string, count: number): readonly string[] {
  const script = join(dir, "writer.py");
  // Several lines a write, but no whole number of pages: that is how buffered programs write.
  const source = `
import os, sys, time
at, count = 0, int(sys.argv[1])
while at < count:
    most = min(count, at + 37)
    data = b"".join(b"%099d\\n" % n for n in range(at, most))
    while data:
        data = data[os.write(1, data):]
    at = most
time.sleep(1000)
`;
  if (!existsSync(script)) writeFileSync(script, source);
  return ["/usr/bin/python3", script, String(count)];
}

/** The contents of a log and of those that followed it (log.1, log.2 …), in order. */
export function logged(dir: string, name: string): string {
  const followers = readdirSync(dir).filter((entry) => new RegExp(`^${name}\\.\\d+$`).test(entry));
  const number = (entry: string) => Number(entry.slice(name.length + 1));
  return [name, ...followers.sort((a, b) => number(a) - number(b))].map((entry) => readFileSync(join(dir, entry), "latin1")).join("");
}

/** The numbers of whole lines. */
export function numbersIn(text: string): number[] {
  const lines = text.split("\n");
  lines.pop();
  return lines.map(Number);
}

/** A dashboard with something in each of its views: services that work, wait and fail, checks that fire, disks. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { doing } from "../fixtures/checks/written.ts";
import { type Served, served } from "./dashboards.ts";

/** A name, a line of a log, the name of a directory: wherever it gets, it must stay text. */
export const EVIL = "<img src=x onerror=alert(1)>";

/** Works for a while, twice a second, and tells of it as pino does. */
const WORK = `
  const work = (until) => { while (Date.now() < until); };
  setInterval(() => work(Date.now() + 20 + 60 * Math.random()), 500);
  let ms = 0;
  setInterval(() => console.log(JSON.stringify({ level: ms++ % 9 === 8 ? "warn" : "info", msg: "request served", ms: ms % 40 })), 400);
`;

/** The lines of the evil one can't be told from its name; its directory is counted, and a check of it fires. */
export async function lively(t: TestContext): Promise<Served> {
  const found = await served(t);
  const { apply, dir } = found;
  const evil = join(dir, EVIL);
  mkdirSync(evil);
  writeFileSync(join(evil, "file"), Buffer.alloc(2 ** 20));
  await apply(
    {
      web: {
        command: [process.execPath, "-e", WORK],
        instances: 2,
        checks: [doing({ metric: "memory", above: "400MiB" }, "alert")],
      },
      database: { command: ["sleep", "1000"], checks: [doing({ metric: "uptime", above: "1s", for: "2 of 2" }, "alert")] },
      [EVIL]: { command: ["sh", "-c", `while :; do echo '<script>alert(2)</script>${EVIL}'; echo plain; sleep 0.5; done`] },
      nightly: { command: ["true"], schedule: "0 3 * * *" },
      flaky: { command: ["sh", "-c", "echo can not go on >&2; exit 3"], restart: { limit: 1 } },
    },
    { wait: 0, monitor: { disk: [doing({ path: evil, size: { above: "1KiB" } }, "alert")], alerts: [] } },
  );
  return found;
}

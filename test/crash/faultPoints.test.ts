import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_POINTS, faultPoint } from "../../src/supervisor/faultPoint.ts";
import { setFaultHook } from "../../src/values/faultHook.ts";
import { track } from "../support/cleanup.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { usedPoints } from "./executioner.ts";
import { arm, disarm, readFired } from "./faultPlan.ts";

test("every fault point is called somewhere", () => {
  assert.deepEqual(usedPoints(), FAULT_POINTS);
});

test("a fault point does nothing until somebody listens", () => {
  faultPoint("before spawn");
  const heard: string[] = [];
  setFaultHook((name) => heard.push(name));
  faultPoint("after spawn");
  setFaultHook(undefined);
  faultPoint("before spawn");
  assert.deepEqual(heard, ["after spawn"]);
});

test("a plan kills at the fault point and the occurrence that it names, once", async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  const hook = new URL("./faultPlan.ts", import.meta.url).href;
  const source = `
    import { faultHook } from ${JSON.stringify(hook)};
    const hook = faultHook(${JSON.stringify(directory)});
    for (const name of ["before spawn", "after spawn", "after spawn"]) hook(name);
    process.stdout.write("told");
    hook("after spawn");
    process.stdout.write("lives on");`;
  const run = async () => {
    const child = start(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", source]);
    let output = "";
    child.stdout?.on("data", (text) => {
      output += text;
    });
    await until("its end", () => child.exitCode !== null || child.signalCode !== null, { timeout: 30_000 });
    return { output, signal: child.signalCode, pid: child.pid };
  };
  arm(directory, { point: "after spawn", occurrence: 3, victims: ["supervisor"] });
  const { output, signal, pid } = await run();
  assert.equal(signal, "SIGKILL");
  assert.equal(output, "told");
  assert.equal(readFired(directory)?.supervisor.pid, pid);
  assert.equal(disarm(directory), false, "it has fired");
  assert.equal((await run()).signal, null);
  arm(directory, { point: "after spawn", occurrence: 3, victims: ["supervisor"] });
  assert.equal(readFired(directory), undefined);
  assert.equal(disarm(directory), true);
});

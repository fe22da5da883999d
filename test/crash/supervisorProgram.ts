/**
 * The supervisor as it is, but that it kills itself, init or both when it comes to a fault point that it is told of.
 *
 *   daemonitor-init -- node supervisorProgram.ts DIRECTORY
 *
 * A compressor that it starts does the same.
 */
import { enableCompileCache, registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFaultHook } from "../../src/values/faultHook.ts";
import { faultHook } from "./faultPlan.ts";

const [, , directory] = process.argv;
if (directory === undefined) throw new Error("the directory of the fault plan is missing");
// It starts hundreds of times: see Tree.warmUp.
enableCompileCache(join(directory, "compiled"));
// When init dies, the supervisor makes a new tree, of this program again.
const ownCommand = pathToFileURL(join(import.meta.dirname, "../../src/api/supervisorProgram.ts")).href;
const source = "export const supervisorCommand = () => [process.execPath, ...process.execArgv, ...process.argv.slice(1)];";
registerHooks({
  load: (url, context, next) => (url === ownCommand ? { format: "module", source, shortCircuit: true } : next(url, context)),
});
setFaultHook(faultHook(directory));
process.env.CRASH_FAULTS = directory;
process.env.NODE_OPTIONS = `--import=${new URL("./compressorFaults.ts", import.meta.url).href}`;
await import("../../src/api/main.ts");

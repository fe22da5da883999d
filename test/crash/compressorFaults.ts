/** Loaded by the compressor before its program, as supervisorProgram.ts has it: what its fault points call. */
import { setLogFaultHook } from "../../src/logs/faultPoint.ts";
import { faultHook } from "./faultPlan.ts";

const { CRASH_FAULTS: directory } = process.env;
if (directory !== undefined && process.argv[1]?.endsWith("/compressor.ts")) setLogFaultHook(faultHook(directory));

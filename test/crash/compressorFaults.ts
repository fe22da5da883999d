/** Loaded by the compressor before its program, as supervisorProgram.ts has it: what its fault points call. */
import { setFaultHook } from "../../src/values/faultHook.ts";
import { faultHook } from "./faultPlan.ts";

const { CRASH_FAULTS: directory } = process.env;
if (directory !== undefined && process.argv[1]?.endsWith("/compressor.ts")) setFaultHook(faultHook(directory));

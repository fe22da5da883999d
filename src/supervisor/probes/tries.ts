/** The try that a specification asks for. */
import type { HealthSpec, ReadySpec } from "../../service/specTypes.ts";
import { tryExec } from "./exec.ts";
import { tryHttp } from "./http.ts";
import type { RunCommand, Try } from "./probe.ts";
import { tryTcp } from "./tcp.ts";

export type TriedReadiness = Extract<ReadySpec, { readonly on: "port" | "http" | "exec" }>;

export function tryOfReadiness(spec: TriedReadiness, run: RunCommand): Try {
  switch (spec.on) {
    case "port":
      return tryTcp(spec);
    case "http":
      return tryHttp(spec.url);
    case "exec":
      return tryExec(spec.command, run);
  }
}

export function tryOfHealth(probe: HealthSpec["probe"], run: RunCommand): Try {
  switch (probe.kind) {
    case "tcp":
      return tryTcp(probe);
    case "http":
      return tryHttp(probe.url);
    case "exec":
      return tryExec(probe.command, run);
  }
}

/** What the client of a supervisor answers, by the names that the view uses. */
import type { Client } from "../api/client.ts";

type Answer<M extends "survey" | "sample" | "history" | "describe" | "why" | "act"> = Awaited<ReturnType<Client[M]>>;

export type Survey = Answer<"survey">;
export type ServiceStatus = Survey["services"][number];
export type InstanceStatus = ServiceStatus["instances"][number];
export type State = InstanceStatus["state"];
export type Sample = Answer<"sample">;
export type InstanceSample = Sample["instances"][number];
export type FileSystemSample = Sample["fileSystems"][number];
export type Series = Answer<"history">[number];
export type ServiceDescription = Answer<"describe">[number];
export type Explanation = Answer<"why">[number];
export type InstanceOutcome = Answer<"act">["instances"][number];
export type SupervisorEvent = ReturnType<Client["events"]> extends AsyncGenerator<infer Event, void, undefined> ? Event : never;

/** Name of the host's history. No instance can have it: their names have a slash. */
export const HOST = "host";

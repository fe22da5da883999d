/** What the supervisor answers, as the client of the API has it. */
import type { Client } from "../api/client.ts";

export type Survey = Awaited<ReturnType<Client["survey"]>>;
export type SupervisorStatus = Survey["supervisor"];
export type ServiceStatus = Survey["services"][number];
export type InstanceStatus = ServiceStatus["instances"][number];
export type MonitorSample = Awaited<ReturnType<Client["sample"]>>;
export type InstanceSample = MonitorSample["instances"][number];
export type FileSystemSample = MonitorSample["fileSystems"][number];
export type SupervisorEvent = Client extends { events(...args: never[]): AsyncGenerator<infer E, void, undefined> } ? E : never;
export type LogLine = Client extends { logs(...args: never[]): AsyncGenerator<infer L, void, undefined> } ? L : never;
export type Explanation = Awaited<ReturnType<Client["why"]>>[number];
export type ServiceDescription = Awaited<ReturnType<Client["describe"]>>[number];
export type ActionResult = Awaited<ReturnType<Client["act"]>>;
export type AlertsReport = Awaited<ReturnType<Client["alerts"]>>;
export type ChecksReport = Awaited<ReturnType<Client["checks"]>>;
export type CheckState = ChecksReport["checks"][number];

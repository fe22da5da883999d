/** Every service that is wanted runs, each instance once, and nothing else does: pure. */
import type { ServiceStatus } from "../../src/supervisor/control.ts";
import type { DesiredService } from "../../src/supervisor/state/desiredState.ts";
import { type Expected, instancesOf, specOf } from "./model.ts";
import type { Scanned } from "./scan.ts";

/** @param seen restless instances that were seen alive since the commands ceased; those that live now are added */
export function processProblems(running: ReadonlyMap<string, Expected>, processes: readonly Scanned[], seen: Set<string>): string[] {
  const byInstance = Map.groupBy(processes, ({ instance }) => instance);
  const problems: string[] = [];
  for (const [instance, found] of byInstance) {
    if (!running.has(instance)) problems.push(`${instance} is not wanted, but lives: ${found.map(describe).join(", ")}`);
  }
  for (const [instance, service] of running) {
    const found = byInstance.get(instance) ?? [];
    const mains = found.filter(({ role }) => role === "main");
    const [main] = mains;
    if (main !== undefined) seen.add(instance);
    if (mains.length > 1) problems.push(`${instance} runs ${mains.length} times: ${mains.map(describe).join(", ")}`);
    else if (main === undefined && (!service.kind.restless || !seen.has(instance)))
      problems.push(`${instance} is wanted, but does not run`);
    else if (!service.kind.restless) problems.push(...peculiarities(instance, service, found));
  }
  return problems;
}

function peculiarities(instance: string, { kind, value }: Expected, found: readonly Scanned[]): string[] {
  const problems: string[] = [];
  const others = found.filter(({ role }) => role !== "main");
  if (others.length !== kind.children) {
    problems.push(`${instance} should have ${kind.children} processes beside its main one: ${others.map(describe).join(", ") || "none"}`);
  }
  const old = found.find((process) => process.value !== String(value));
  if (old !== undefined) problems.push(`${instance} should have CRASH_VALUE=${value}: ${describe(old)} has ${old.value}`);
  if (new Set(found.map(({ attempt }) => attempt)).size > 1)
    problems.push(`${instance} has processes of several attempts: ${found.map(describe).join(", ")}`);
  return problems;
}

/** What the supervisor says of them. */
export function statusProblems(services: readonly Expected[], list: readonly ServiceStatus[], processes: readonly Scanned[]): string[] {
  const byName = new Map(list.map((status) => [status.name, status]));
  const mains = new Map(processes.filter(({ role }) => role === "main").map(({ instance, pid }) => [instance, pid]));
  const problems = list
    .filter(({ name }) => !services.some((service) => service.exists && service.name === name))
    .map(({ name }) => `${name} is in the list, but was deleted`);
  for (const service of services.filter(({ exists }) => exists)) {
    const status = byName.get(service.name);
    if (status === undefined) problems.push(`${service.name} is not in the list`);
    else problems.push(...instanceProblems(service, status, mains));
  }
  return problems;
}

function instanceProblems(service: Expected, status: ServiceStatus, mains: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const { name, wanted, kind } = service;
  if (status.wanted !== wanted) problems.push(`${name} is said to be ${status.wanted ? "" : "not "}wanted`);
  const names = status.instances.map((instance) => instance.name).join(" ");
  if (names !== instancesOf(service).join(" ")) problems.push(`${name} should have ${service.instances} instances, and has: ${names}`);
  if (kind.restless && wanted) return problems;
  for (const { name: instance, state, pid, ready, why } of status.instances) {
    const expected = wanted ? "running" : "stopped";
    if (state !== expected) problems.push(`${instance} should be ${expected}, and is said to be ${state}: ${why}`);
    else if (wanted && !ready) problems.push(`${instance} is running, but not ready`);
    const main = mains.get(instance) ?? null;
    if (pid !== main) problems.push(`${instance} is said to be process ${pid}, and is ${main}`);
  }
  return problems;
}

/** What is on disk. */
export function desiredProblems(services: readonly Expected[], saved: readonly DesiredService[]): string[] {
  const byName = new Map(saved.map((service) => [service.spec.name, service]));
  const problems = saved
    .filter(({ spec }) => !services.some(({ exists, name }) => exists && name === spec.name))
    .map(({ spec }) => `${spec.name} is saved, but was deleted`);
  for (const service of services.filter(({ exists }) => exists)) {
    const found = byName.get(service.name);
    const wanted = JSON.stringify({ spec: specOf(service), wanted: service.wanted });
    if (found === undefined) problems.push(`${service.name} is not saved`);
    else if (JSON.stringify(sameOrder(found, service)) !== wanted) {
      problems.push(`${service.name} is saved as ${JSON.stringify(found)}, and should be ${wanted}`);
    }
  }
  return problems;
}

/** Keys of the saved service in the order of the expected one: their order means nothing. */
function sameOrder({ spec, wanted }: DesiredService, service: Expected): unknown {
  const saved: Readonly<Record<string, unknown>> = { ...spec };
  const known = Object.keys(specOf(service)).filter((key) => key in saved);
  const more = Object.keys(saved).filter((key) => !known.includes(key));
  return { spec: Object.fromEntries([...known, ...more].map((key) => [key, saved[key]])), wanted };
}

function describe({ pid, role, attempt }: Scanned): string {
  return `${role} ${pid} of attempt ${attempt}`;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { InstanceStatus, ServiceStatus } from "../../src/supervisor/control.ts";
import { track } from "../support/cleanup.ts";
import { type Descriptor, descriptorProblems, readDescriptors, unexplained } from "./descriptorCheck.ts";
import { type Expected, Model, specOf } from "./model.ts";
import { desiredProblems, processProblems, statusProblems } from "./processCheck.ts";
import type { Scanned } from "./scan.ts";
import { KINDS, makeServices } from "./services.ts";

async function model(t: Parameters<typeof track>[0]): Promise<Model> {
  return new Model(await makeServices({ program: "/bin/true", evidence: track(t).dir(), run: "run", count: 10 }));
}

function find(all: Model, name: string): Expected {
  const found = all.services.find((service) => service.name === name);
  assert.ok(found);
  return found;
}

function process(instance: string, more: Partial<Scanned> = {}): Scanned {
  return { pid: 10, parent: 1, startTime: 7, role: "main", instance, attempt: 1, value: "0", output: "pipe:[1]", ...more };
}

test("there are fifty services of all kinds, and each can be told to be another", async (t) => {
  const services = await makeServices({ program: "/bin/true", evidence: track(t).dir(), run: "run" });
  assert.equal(services.length, 50);
  assert.deepEqual(new Set(services.map(({ kind }) => kind)), new Set(KINDS));
  const service = find(new Model(services), "steady3");
  assert.deepEqual(specOf({ ...service, instances: 2, value: 5 }).env, { CRASH_RUN: "run", CRASH_VALUE: "5" });
});

test("who runs twice, not at all, unwanted, as of old or alone is found", async (t) => {
  const all = await model(t);
  const expected = (instances: readonly string[]) =>
    new Map(instances.map((instance) => [instance, find(all, instance.slice(0, instance.lastIndexOf("/")))]));
  const problems = (instance: string, ...found: readonly Scanned[]) => processProblems(expected([instance]), found, new Set()).join("\n");
  assert.equal(problems("steady0/0", process("steady0/0")), "");
  assert.match(problems("steady0/0"), /steady0\/0 is wanted, but does not run/);
  assert.match(problems("steady0/0", process("steady0/0"), process("steady0/0", { pid: 11 })), /steady0\/0 runs 2 times/);
  assert.match(problems("steady0/0", process("steady0/0"), process("steady0/1")), /steady0\/1 is not wanted, but lives/);
  assert.match(problems("steady0/0", process("steady0/0", { value: "3" })), /should have CRASH_VALUE=0: main 10 of attempt 1 has 3/);
  assert.match(problems("spread0/0", process("spread0/0")), /should have 3 processes beside/);
  const children = [11, 12, 13].map((pid) => process("spread0/0", { pid, role: "child" }));
  assert.equal(problems("spread0/0", process("spread0/0"), ...children), "");
  assert.match(problems("spread0/0", process("spread0/0", { attempt: 2 }), ...children), /processes of several attempts/);
});

test("who ends by itself all the time has to be seen once", async (t) => {
  const running = new Map([["crash0/0", find(await model(t), "crash0")]]);
  const seen = new Set<string>();
  assert.match(processProblems(running, [], seen).join(), /crash0\/0 is wanted, but does not run/);
  assert.deepEqual(processProblems(running, [process("crash0/0")], seen), []);
  assert.deepEqual(processProblems(running, [], seen), []);
});

test("what the supervisor says wrongly is found", async (t) => {
  const all = await model(t);
  const service = find(all, "steady0");
  const problems = (status: Partial<InstanceStatus>, whole: Partial<ServiceStatus> = {}) => {
    const instance = { name: "steady0/0", state: "running", ready: true, pid: 10, why: "", ...status } as InstanceStatus;
    const list = [{ name: "steady0", wanted: true, instances: [instance], schedule: null, ...whole }];
    return statusProblems([service], list, [process("steady0/0")]).join("\n");
  };
  assert.equal(problems({}), "");
  assert.match(problems({ state: "failed" }), /should be running, and is said to be failed/);
  assert.match(problems({ ready: false }), /running, but not ready/);
  assert.match(problems({ pid: 99 }), /said to be process 99, and is 10/);
  assert.match(problems({}, { wanted: false }), /said to be not wanted/);
  assert.match(problems({}, { instances: [] }), /should have 1 instances/);
  assert.match(problems({}, { name: "other" }), /other is in the list, but was deleted\nsteady0 is not in the list/);
});

test("a saved state that differs is found", async (t) => {
  const service = find(await model(t), "steady0");
  const saved = { spec: specOf(service), wanted: true };
  assert.deepEqual(desiredProblems([service], [saved]), []);
  const { name, ...rest } = saved.spec;
  assert.deepEqual(desiredProblems([service], [{ spec: { ...rest, name }, wanted: true }]), [], "the order of keys means nothing");
  assert.match(desiredProblems([service], [{ ...saved, wanted: false }]).join(), /is saved as/);
  assert.match(desiredProblems([service], [{ spec: { ...saved.spec, instances: 2 }, wanted: true }]).join(), /is saved as/);
  assert.match(desiredProblems([service], []).join(), /steady0 is not saved/);
  assert.match(desiredProblems([{ ...service, exists: false }], [saved]).join(), /was deleted/);
});

test("a descriptor that nobody's life explains is found", async (t) => {
  const all = await model(t);
  const explanations = {
    processes: [process("steady0/0"), process("notify0/0", { pid: 20, output: "pipe:[2]" })],
    services: all.services,
    log: "/log",
  };
  const held: Descriptor[] = ["pipe:[1]", "pipe:[2]", "/log/steady0/0.log", "socket:[7]"].map((target, fd) => ({
    fd,
    target,
    pid: undefined,
  }));
  const pidfd = (pid: number) => ({ fd: 50 + pid, target: "anon_inode:[pidfd]", pid });
  const problems = (...more: readonly Descriptor[]) =>
    descriptorProblems("init", new Map(), unexplained([...held, pidfd(10), ...more], explanations)).join("\n");
  const one = (target: string) => ({ fd: 90, target, pid: undefined });
  assert.equal(problems(), "");
  assert.match(problems(one("pipe:[3]")), /1 descriptors of a pipe .* had 0: fd 90 \(pipe:\[3\]\)/);
  assert.match(problems(one("pipe:[1]")), /a pipe/, "twice");
  assert.match(problems(one("/log/steady0/0.log")), /the log steady0\/0.log/, "twice");
  assert.match(problems(one("/log/steady0/7.log")), /the log steady0\/7.log/);
  assert.match(problems(one("socket:[8]")), /a socket/);
  assert.match(problems(pidfd(10)), /a process /, "twice");
  assert.match(problems(pidfd(-1)), /a process that is gone/);
  assert.match(
    descriptorProblems("init", new Map([["a socket", 2]]), new Map()).join(),
    /0 descriptors of a socket that nothing explains, and had 2/,
  );
});

test("descriptors are read as they are", () => {
  const own = readDescriptors(globalThis.process.pid);
  assert.ok(own.some(({ target }) => target === "anon_inode:[eventpoll]"));
});

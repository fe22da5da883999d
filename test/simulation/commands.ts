/** What people, schedules, probes and faulty messengers do to a service. */
import type { Event } from "../../src/supervisor/events.ts";
import type { Random } from "./random.ts";
import { living, mainOf, type Service } from "./service.ts";
import { randomSpec } from "./services.ts";
import type { World } from "./world.ts";

type Command = "startAsked" | "restartAsked" | "stopAsked" | "reloadAsked" | "deleteAsked" | "specChanged" | "due";

const COMMANDS: readonly [Command, ...Command[]] = [
  ...Array<"startAsked">(7).fill("startAsked"),
  ...Array<"stopAsked">(4).fill("stopAsked"),
  ...Array<"restartAsked">(3).fill("restartAsked"),
  ...Array<"reloadAsked">(5).fill("reloadAsked"),
  "deleteAsked",
  "specChanged",
  ...Array<"due">(2).fill("due"),
] as [Command, ...Command[]];

/** Somebody wants something of it. */
export function command(world: World, service: Service): void {
  const { random, at } = world;
  const type = random.pick(COMMANDS);
  service.excuses.push(at);
  switch (type) {
    case "specChanged":
      service.spec = { ...randomSpec(random), type: service.spec.type };
      world.deliver(service, { type, keys: ["command"] });
      break;
    case "due":
      world.deliver(service, { type });
      break;
    case "stopAsked":
      world.deliver(service, { type, by: "somebody", force: random.chance(0.1) });
      break;
    default:
      world.deliver(service, { type, by: "somebody" });
  }
}

/** What probes, checks and the service itself say now and then. */
export function chatter(world: World, service: Service): void {
  const { random } = world;
  const type = random.pick([
    "probePassed",
    "probePassed",
    "probeFailed",
    "dependencyLost",
    "dependenciesMet",
    "extendTimeout",
    "unhealthy",
  ]);
  switch (type) {
    case "probeFailed":
      world.deliver(service, { type, why: "connection refused" });
      break;
    case "unhealthy":
      if (random.chance(0.1)) world.deliver(service, { type, why: "memory above 512 MiB" });
      break;
    case "dependencyLost":
      world.deliver(service, { type, which: "db" });
      world.afterInThisLife(random.wait(2000), () => world.deliver(service, { type: "dependenciesMet" }));
      break;
    case "extendTimeout": {
      const ms = random.integer(1, 20_000);
      service.extended = Math.max(service.extended, world.at + ms);
      world.deliver(service, { type, ms });
      break;
    }
    default:
      world.deliver(service, { type });
  }
}

/** Something that is late, repeated or out of place, but that could be said: it is no lie about what is there. */
export function randomGarbage(random: Random, service: Service): Event | null {
  const { instance } = service;
  const past = Math.max(0, instance.attempt - random.integer(0, 2));
  const gone = living(service, past).length === 0 && service.spawning === 0;
  const main = mainOf(service, instance.attempt);
  const identity = { pid: 1, startTime: 0, bootId: "simulated" };
  const choices: readonly [Event, ...Event[]] = [
    { type: "tick" },
    { type: "reloadStarted" },
    { type: "reloaded" },
    { type: "watchdogPing" },
    { type: "probePassed" },
    { type: "remains", tree: past, count: 1 },
    { type: "hookFinished", hook: random.pick(["beforeStart", "afterExit"]), attempt: past - 1 },
    { type: "hookFailed", hook: random.pick(["beforeStart", "afterExit"]), attempt: past - 1, why: "exit status 1" },
    { type: random.pick(["readyTimeout", "stopTimeout", "killTimeout", "reloadTimeout"]) },
    { type: random.pick(["hookTimeout", "backoffOver", "stableReached", "watchdogMissed"]) },
    { type: "ready", attempt: gone ? past : past - 3 },
    ...(random.chance(0.05) ? ([{ type: "watchdogTriggered" }] as const) : []),
    ...(random.chance(0.05) ? ([{ type: "readinessFailed", attempt: instance.attempt, why: "no licence" }] as const) : []),
    ...(gone ? ([{ type: "gone", tree: past }] as const) : []),
    ...(gone && past < instance.attempt ? ([{ type: "exited", attempt: past, pid: 1, status: { code: 0 }, remains: false }] as const) : []),
    ...(gone && past < instance.attempt ? ([{ type: "spawned", attempt: past, identity }] as const) : []),
    ...(gone && past < instance.attempt
      ? ([{ type: "spawnFailed", attempt: past, step: "fork", code: "EAGAIN", strerror: "…" }] as const)
      : []),
    ...(main?.role === "main" ? ([{ type: "mainProcess", attempt: main.attempt, identity: { ...identity, pid: main.pid } }] as const) : []),
  ];
  return random.pick(choices);
}

/**
 * Runs the machine through random events with faults, on virtual time, and checks the invariants after each.
 *
 *   npm run simulate -- --seed 1 --events 1000000 --services 50
 *
 * The same seed replays the same events. On a violation: the seed, the number of the event, and what the instance was told
 * before it; exit status 1.
 */
import { parseArgs } from "node:util";
import { step as machineStep } from "../../src/supervisor/machine.ts";
import { chatter, command } from "./commands.ts";
import { Coverage } from "./coverage.ts";
import { FAULTS, NO_FAULTS } from "./faults.ts";
import { checkOverTime, Violation } from "./invariants.ts";
import { living, type Service } from "./service.ts";
import { World } from "./world.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly events: number;
  readonly services?: number;
  /** Instead of the machine's own: a machine with a fault of which the invariants must tell. */
  readonly step?: typeof machineStep;
  readonly onProgress?: (world: World) => void;
}

export interface SimulationResult {
  readonly events: number;
  readonly crashes: number;
  /** Virtual milliseconds. */
  readonly elapsed: number;
  /** Equal where two runs were equal. */
  readonly digest: string;
  readonly coverage: ReturnType<Coverage["summary"]>;
}

const PROGRESS_EVERY = 100_000;

/** @throws Violation */
export function simulate({ seed, events, services = 50, step = machineStep, onProgress }: SimulationOptions): SimulationResult {
  const coverage = new Coverage();
  const world = new World({ seed, services, step, coverage });
  let commands = true;
  const repeat = (mean: number, run: (service: Service) => void) => {
    for (const service of world.services) {
      const once = () => {
        run(service);
        world.after(world.random.wait(mean), once);
      };
      world.after(world.random.wait(mean), once);
    }
  };
  repeat(15_000, (service) => commands && command(world, service));
  repeat(10_000, (service) => commands && chatter(world, service));
  repeat(5000, (service) => {
    if (!world.supervisorUp) return;
    world.deliver(service, { type: "tick" });
    const problem = checkOverTime(service, world.at);
    if (problem !== null) throw new Violation(problem, service, world.events);
  });
  const clock = () => {
    if (world.faults === FAULTS) world.stepClock();
    world.after(world.random.wait(120_000), clock);
  };
  world.after(60_000, clock);

  let shown = 0;
  while (world.events < events) {
    world.next();
    if (world.events - shown >= PROGRESS_EVERY) {
      shown = world.events;
      onProgress?.(world);
    }
  }
  world.faults = NO_FAULTS;
  commands = false;
  stopAll(world);
  const digest = JSON.stringify(world.services.map(({ instance }) => instance));
  return { events: world.events, crashes: world.crashes, elapsed: world.at, digest, coverage: coverage.summary() };
}

/** Under fair delivery, a stop of everything ends, and nothing is left. */
function stopAll(world: World): void {
  run(world, 10_000);
  for (const service of world.services) world.deliver(service, { type: "stopAsked", by: "the end" });
  run(world, 300_000);
  for (const service of world.services) {
    const left = living(service).length;
    const problem =
      service.instance.state !== "stopped" ? `${service.instance.state} after the end` : left > 0 ? `${left} processes are left` : null;
    if (problem !== null) throw new Violation(problem, service, world.events);
  }
}

function run(world: World, ms: number): void {
  const end = world.at + ms;
  while (world.at < end) world.next();
}

if (import.meta.main) main();

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      events: { type: "string", default: "1000000" },
      services: { type: "string", default: "50" },
    },
  });
  const [seed, events, services] = [values.seed, values.events, values.services].map(Number);
  if (![seed, events, services].every((value) => Number.isSafeInteger(value) && Number(value) > 0)) {
    console.error("simulate: --seed, --events and --services are whole numbers above 0");
    process.exit(64);
  }
  const started = performance.now();
  const rate = (done: number) => `${Math.round(done / ((performance.now() - started) / 1000)).toLocaleString("en")} events/s`;
  try {
    const { coverage, ...result } = simulate({
      seed: Number(seed),
      events: Number(events),
      services: Number(services),
      onProgress: (world) => console.log(`${world.events.toLocaleString("en")} events, ${world.crashes} crashes, ${rate(world.events)}`),
    });
    const hours = (result.elapsed / 3_600_000).toFixed(1);
    console.log(
      `seed ${seed}: ${result.events.toLocaleString("en")} events in ${hours} virtual hours, ${result.crashes} crashes, ${rate(result.events)}`,
    );
    console.log(`state × event: ${coverage.hit} of ${coverage.all}; of those that act: ${coverage.actingHit} of ${coverage.acting}`);
    if (coverage.missed.length > 0) console.log(`never: ${coverage.missed.join(", ")}`);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    console.error(tell(error, Number(seed)));
    process.exit(1);
  }
}

/** What was violated, and what led to it. */
export function tell({ message, event, service }: Violation, seed: number): string {
  const lines = service.told.slice(-30).map(({ number, at, event: { type, ...more }, from, to }) => {
    const change = from === to ? from : `${from} → ${to}`;
    return `  ${number} ${at.toFixed(1)} ${type} ${JSON.stringify(more)}: ${change}`;
  });
  return [`violated with seed ${seed} at event ${event}: ${message}`, ...lines].join("\n");
}

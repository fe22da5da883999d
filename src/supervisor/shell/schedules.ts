/** The event `due`, at the times that a service's schedule says. Times at which no supervisor runs are left out. */
import { openSchedule, type Schedule } from "../../service/schedule.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";

/** What setTimeout takes. A clock that is set meanwhile is noticed by looking at least so often. */
const LONGEST_WAIT = 60_000;

interface Running {
  readonly spec: NonNullable<ServiceSpec["schedule"]>;
  next: number | null;
  timer: NodeJS.Timeout | undefined;
}

export class Schedules {
  readonly #due: (service: string) => void;
  readonly #report: (service: string, message: string) => void;
  readonly #running = new Map<string, Running>();

  constructor(due: (service: string) => void, report: (service: string, message: string) => void) {
    this.#due = due;
    this.#report = report;
  }

  /** Follows the schedule of a service from now on; the same one goes on. */
  follow({ name, schedule }: Pick<ServiceSpec, "name" | "schedule">): void {
    const before = this.#running.get(name);
    if (schedule !== null && before?.spec.cron === schedule.cron && before.spec.timeZone === schedule.timeZone) return;
    this.drop(name);
    if (schedule === null) return;
    const running: Running = { spec: schedule, next: null, timer: undefined };
    this.#running.set(name, running);
    openSchedule(schedule).then(
      (opened) => this.#plan(name, running, opened),
      (error: unknown) => this.#report(name, `its schedule can't be followed: ${error instanceof Error ? error.message : error}`),
    );
  }

  drop(name: string): void {
    clearTimeout(this.#running.get(name)?.timer);
    this.#running.delete(name);
  }

  /** Milliseconds since 1970; null where there is none. */
  next(name: string): number | null {
    return this.#running.get(name)?.next ?? null;
  }

  #plan(name: string, running: Running, schedule: Schedule): void {
    if (this.#running.get(name) !== running) return;
    running.next = schedule.next(Date.now());
    const wait = () => {
      if (running.next === null) return;
      running.timer = setTimeout(look, Math.min(LONGEST_WAIT, Math.max(0, running.next - Date.now())));
    };
    const look = () => {
      if (running.next !== null && Date.now() >= running.next) {
        this.#due(name);
        running.next = schedule.next(Date.now());
      } else {
        // The clock may have been set back: then the next time is an earlier one.
        running.next = schedule.next(Date.now());
      }
      wait();
    };
    wait();
  }
}

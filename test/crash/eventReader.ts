/** The supervisor's events, each once and without a gap; exits go to the ledger. */
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import type { ExitLedger } from "./exitLedger.ts";
import type { Tree } from "./tree.ts";

const KEPT = 10_000;

export class EventReader {
  readonly #tree: Tree;
  readonly #exits: ExitLedger;
  #last = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #found: string[] = [];
  /** The latest, for evidence. */
  readonly latest: SupervisorEvent[] = [];
  count = 0;

  constructor(tree: Tree, exits: ExitLedger) {
    this.#tree = tree;
    this.#exits = exits;
  }

  /** All until now. Returns what is wrong with those that are new. */
  async read(): Promise<string[]> {
    const turn = this.#turn.catch(() => undefined).then(() => this.#read());
    this.#turn = turn;
    await turn;
    return this.#found.splice(0);
  }

  #read(): Promise<void> {
    return this.#tree.ask(async (client) => {
      for await (const event of client.events({ after: this.#last, follow: false })) this.#take(event);
    });
  }

  #take(event: SupervisorEvent): void {
    if (event.seq !== this.#last + 1) this.#found.push(`event ${event.seq} follows event ${this.#last}`);
    this.#last = event.seq;
    this.count++;
    this.latest.push(event);
    if (this.latest.length > KEPT) this.latest.splice(0, this.latest.length - KEPT);
    // Every program becomes ready at once, and says so.
    if (event.type === "state" && event.reason.startsWith("not ready within")) this.#found.push(`${event.instance}: ${event.reason}`);
    const pid = event.type === "state" ? /\bpid (\d+)$/.exec(event.reason)?.[1] : undefined;
    if (event.type === "state" && pid !== undefined) this.#exits.named(event.instance, Number(pid));
    if (event.type === "exit") this.#exits.recorded(event);
  }
}

/** Of each problem that names an instance, what was told of it about that time: at the end, or around the process it names. */
export function evidenceOf(problems: readonly string[], events: readonly SupervisorEvent[]): string[] {
  const told = new Set<string>();
  return problems.slice(0, 5).flatMap((problem) => {
    const [about = "", instance, pid] = /\b([a-z]+\d+\/\d+)(?:#\d+:(\d+))?/.exec(problem) ?? [];
    if (instance === undefined || told.has(about) || told.has(instance)) return [];
    told.add(about).add(instance);
    const own = events.filter((event) => event.type === "supervisor" || JSON.stringify(event).includes(`"${instance}"`));
    const at = own.findIndex((event) => pid !== undefined && new RegExp(`\\b${pid}\\b`).test(JSON.stringify(event)));
    const shown = at === -1 ? own.slice(-12) : own.slice(Math.max(0, at - 3), at + 9);
    return [`events of ${instance}:`, ...shown.map((event) => `  ${JSON.stringify(event)}`)];
  });
}

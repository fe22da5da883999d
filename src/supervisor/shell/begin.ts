/**
 * The supervisor's beginning: everything that outlived the one before is taken over, and what init, the journal and the
 * processes themselves tell is put together, before any command is answered.
 */
import { closeSync } from "node:fs";
import { basename, join } from "node:path";
import type { Control } from "../control.ts";
import { EventLog } from "../eventLog.ts";
import type { Found, Identity } from "../events.ts";
import { faultPoint } from "../faultPoint.ts";
import type { Inherited } from "../init/inherited.ts";
import { InitClient } from "../init/initClient.ts";
import type { ProcessRecord } from "../init/protocol.ts";
import { DesiredState } from "../state/desiredState.ts";
import { ensureHome, type Home } from "../state/home.ts";
import { Journal } from "../state/journal.ts";
import type { StateReport } from "../state/stateReport.ts";
import { findCgroup } from "../tree/findCgroup.ts";
import { ensureHomeId } from "../tree/homeId.ts";
import { bootId, isSame } from "../tree/identity.ts";
import { accountOf } from "./accountOf.ts";
import { Checking, type CheckingOptions } from "./checking.ts";
import { withChecks } from "./checksControl.ts";
import { CommandRunner } from "./commands.ts";
import type { Context } from "./context.ts";
import { controlOf } from "./control.ts";
import { Dispatcher } from "./dispatcher.ts";
import { unlessInitIsGone } from "./endings.ts";
import { hearAgain } from "./hearAgain.ts";
import { drainInto, Heirlooms, heldPipe, isHeirloom } from "./heirlooms.ts";
import { NotifySockets } from "./heldNotify.ts";
import { ServiceSockets } from "./heldSockets.ts";
import { makeLogs, recoverLogs, startLogs } from "./keepLogs.ts";
import { Monitor } from "./monitor.ts";
import { Problems } from "./problems.ts";
import { Queue } from "./queue.ts";
import { regainHomeId } from "./regainHomeId.ts";
import { regainSockets } from "./regainSockets.ts";
import { Commands } from "./runCommand.ts";
import { Services } from "./services.ts";
import { Supervisor } from "./supervisor.ts";
import { takeStock } from "./takeStock.ts";
import { splitInstanceName, type Unit } from "./unit.ts";
import { unknownService } from "./unknownService.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** Processes that are being started at a time: init needs a millisecond for each. */
const MOST_SPAWNS = 64;

export interface BeginOptions {
  readonly home: Home;
  /** Where the services are saved: the home's, unless a tree in the foreground brings its own. */
  readonly desiredStateFile: string;
  readonly inherited: Inherited;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly mode: "daemon" | "foreground";
  /** Another pace of checks and alerts than the usual one. */
  readonly checking?: Partial<Pick<CheckingOptions, "pace" | "window">>;
  /** Told when init has said hello. */
  opened?(client: InitClient): void;
  /** Init is gone: what it held, for the next one. Nothing else is done any more. */
  initGone(held: ReadonlyMap<string, number>): void;
  /** All services were stopped by `shutdown`. */
  end(): void;
}

export interface Begun {
  readonly control: Control;
  readonly supervisor: Supervisor;
  readonly commands: CommandRunner;
}

/** @throws DaemonError where the state can't be read or trusted; InitError where init doesn't answer */
export async function begin(options: BeginOptions): Promise<Begun> {
  const { home, inherited } = options;
  ensureHome(home);
  const client = await InitClient.open(inherited.fd);
  options.opened?.(client);
  const waiting: ProcessRecord[] = [];
  // Init answers while we read what is on the disk.
  const asked = Promise.all([client.listLogs(), client.list()]);
  asked.catch(() => {});
  const context = await open(options, client);
  const supervisor = new Supervisor(context);
  const services = new Services(supervisor);
  const commands = new CommandRunner(supervisor, services);
  loadUnits(supervisor);
  const [logs, records] = await asked;
  await recoverLogs(context, logs);
  drainPipes(context, inherited.held);
  const again = records.flatMap(({ serial, exit }) => (exit === undefined ? [] : [serial]));
  supervisor.endings.mayBeToldAgain(again);
  const leaving = new Set<Unit>();
  const unknownUnit = (instance: string) => {
    const [service, number] = splitInstanceName(instance);
    const unit = supervisor.addUnit(service, number, supervisor.specOf(service) ?? unknownService(service));
    leaving.add(unit);
    return unit;
  };
  supervisor.endings.tellMissed();
  for (const name of context.journal.entries.keys()) if (!context.units.has(name)) unknownUnit(name);
  // What ends from here on comes as an event, after what is found now was told.
  client.on("exited", (record) => waiting.push(record));
  client.on("closed", () => options.initGone(heldOf(context, inherited)));
  faultPoint("before reconcile");
  const { entries } = context.journal;
  const stock = await takeStock(context, { records, entries, inherited: inherited.held, endings: supervisor.endings, unknownUnit });
  await hearAgain(context);
  await regainSockets(context);
  rememberWanted(context, stock);
  for (const unit of leaving) if (isNothing(stock.get(unit))) supervisor.forget(unit);
  supervisor.reconcile(new Map([...stock].filter(([unit]) => !unit.isForgotten)));
  faultPoint("after reconcile");
  await closeInherited(context, inherited.held);
  context.heirlooms.keepAll(
    [...context.units.values()].flatMap((unit) => [...unit.attempts.values()].map((attempt) => ({ unit, attempt }))),
  );
  for (const unit of leaving) {
    if (unit.isForgotten) continue;
    const lives = (stock.get(unit)?.alive.length ?? 0) > 0;
    if (lives && !context.desired.isWhole) keepUnknown(context, unit);
    else context.dispatcher.dispatch(unit, { type: "deleteAsked", by: "the supervisor: it is no service any more" });
  }
  client.removeAllListeners("exited");
  client.on("exited", (record) => supervisor.exited(record));
  client.on("event", (event) => supervisor.event(event));
  for (const record of waiting) supervisor.exited(record);
  await client.start();
  const adopted = [...stock.values()].reduce((sum, { alive }) => sum + alive.length, 0);
  const detail = `process ${process.pid}, under init ${client.hello.pid}; ${adopted} running`;
  context.events.append({ type: "supervisor", what: client.hello.restarts > 0 || adopted > 0 ? "adopted" : "started", detail });
  // Beside the first commands: with a thousand logs it takes a while.
  startLogs(context).catch(unlessInitIsGone);
  startWanted(supervisor);
  supervisor.begin();
  const monitor = new Monitor(supervisor);
  monitor.begin();
  const plain = controlOf(supervisor, services, commands, {
    monitor,
    version: options.version,
    mode: options.mode,
    end: () => options.end(),
  });
  const checking = new Checking({ context, control: plain, ...options.checking });
  checking.begin();
  supervisor.atEnd(() => {
    checking.end();
    monitor.end();
  });
  return { control: withChecks(plain, checking), supervisor, commands };
}

async function open({ home, desiredStateFile, inherited, env }: BeginOptions, client: InitClient): Promise<Context> {
  let opened: EventLog | undefined;
  const problems = new Problems((content) => opened?.append(content));
  const report = (state: StateReport) => reportState(problems, state);
  const events = EventLog.open(join(home.run, "events"), { report });
  opened = events;
  const journal = Journal.open(home.journalFile, { bootId: bootId(), report });
  const desired = DesiredState.open(desiredStateFile, { report, copy: join(home.run, basename(desiredStateFile)) });
  const homeId = regainHomeId(home, journal) ?? ensureHomeId(home);
  const pids = new Set<number>();
  const units = new Map<string, Unit>();
  return {
    ...{ home, homeId, client, journal, desired, events, problems, pids, units },
    ...makeLogs({ client, home, problems, pids, units }),
    // A copy: process.env asks libc for each of them, each time.
    starter: { ...env },
    sockets: new ServiceSockets(client, inherited.held),
    notify: new NotifySockets(client, inherited.held),
    commands: new Commands(client),
    cgroups: findCgroup(homeId),
    heirlooms: new Heirlooms(),
    dispatcher: new Dispatcher(journal),
    spawns: new Queue(MOST_SPAWNS),
    uidOf: (unit) => accountOf(unit.spec).identity.uid ?? process.geteuid?.() ?? 0,
    isInitGone: () => client.isClosed,
  };
}

function reportState(problems: Problems, state: StateReport): void {
  switch (state.kind) {
    case "failing":
      problems.report(state.path, `can't be saved, services go on: ${state.error.message}`);
      return;
    case "recovered":
      problems.resolve(state.path, "is saved again");
      return;
    case "replaced":
      problems.tell(state.path, `was damaged or gone: what was saved last is taken from ${state.copy}`);
      return;
    case "damaged": {
      const kept = state.keptAs === null ? "it will be set aside before it is replaced" : `it is kept as ${state.keptAs}`;
      problems.report(`${state.path} (damaged)`, `was damaged (${state.faults.slice(0, 3).join("; ")}): ${kept}`);
      return;
    }
  }
}

/** Every instance of every service, as the journal had it. */
function loadUnits(supervisor: Supervisor): void {
  for (const { spec } of supervisor.context.desired.services.values()) {
    for (let number = 0; number < spec.instances; number++) supervisor.addUnit(spec.name, number, spec);
    supervisor.schedules.follow(spec);
  }
}

/** Instances that were never started under this boot: of a service that is meant to be up. */
function startWanted(supervisor: Supervisor): void {
  const { desired, dispatcher, journal } = supervisor.context;
  for (const { spec, wanted } of desired.services.values()) {
    for (const unit of supervisor.unitsOf(spec.name)) {
      const isNew = unit.instance.attempt === 0 && unit.instance.history.length === 0;
      if (wanted && isNew) dispatcher.dispatch(unit, { type: "startAsked", by: "the supervisor: it is meant to be up" });
      else if (journal.entries.get(unit.name)?.boot !== journal.bootId) unlessRefused(() => journal.put(unit.instance));
    }
  }
}

/**
 * Where the journal knows nothing of an instance that is meant to be up, what is there of it was not started by mistake: it
 * is taken over, in place of being ended as something that nobody knows.
 */
function rememberWanted({ journal, desired }: Context, stock: ReadonlyMap<Unit, Found>): void {
  for (const [unit, { alive, exits, remains }] of stock) {
    const isForgotten = (journal.entries.get(unit.name)?.instance ?? null) === null;
    const isThere = alive.length + exits.length + remains.length > 0;
    if (!isForgotten || !isThere || desired.services.get(unit.service)?.wanted !== true) continue;
    unit.instance = { ...unit.instance, wanted: true, state: "waiting", waitsFor: "dependencies" };
  }
}

/** Its specification was lost with the desired state: it may go on until somebody says what it is. */
function keepUnknown({ problems }: Context, { name, service }: Unit): void {
  problems.report(name, `runs, but what was saved of ${service} is lost: apply or start it again, and it is taken over`);
}

/** Before init opens the logs: what processes wrote that ended without an init. Those that live are adopted with their pipes. */
function drainPipes({ units, logs, problems }: Context, held: ReadonlyMap<string, number>): void {
  for (const unit of units.values()) {
    for (let { attempt } = unit.instance, tries = 0; attempt > 0 && tries < 2; attempt--, tries++) {
      const pipe = held.get(heldPipe(unit.name, attempt));
      const { identity } = unit.instance.process?.attempt === attempt ? unit.instance.process : { identity: null };
      if (pipe === undefined || isAlive(identity)) continue;
      try {
        drainInto(pipe, logs.pathsOf(unit.spec, unit.name).path);
      } catch (error) {
        problems.tell(`${unit.name}: log`, `what was in its pipe is lost: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}

/** Of an instance of no service: then there is nothing to end, and nothing may be begun. */
function isNothing(found: Found | undefined): boolean {
  return found === undefined || (found.alive.length === 0 && found.remains.length === 0 && !found.hook);
}

function isAlive(identity: Identity | null): boolean {
  return identity !== null && isSame(identity);
}

/** They were for this beginning alone. */
async function closeInherited({ client }: Context, held: ReadonlyMap<string, number>): Promise<void> {
  for (const [name, fd] of held) {
    if (!isHeirloom(name)) continue;
    closeSync(fd);
    await client.release(name);
  }
}

function heldOf({ sockets, notify, heirlooms }: Context, { held }: Inherited): ReadonlyMap<string, number> {
  const ours = [...held].filter(([name]) => !name.includes("/"));
  return new Map([...ours, ...sockets.descriptors, ...notify.descriptors, ...heirlooms.descriptors]);
}

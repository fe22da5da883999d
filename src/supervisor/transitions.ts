/** The machine: state × event → what to do. `none` says that the event means nothing there. */
import * as asked from "./asked.ts";
import type { EventOf, EventType } from "./events.ts";
import { reconcile } from "./reconcile.ts";
import * as reloading from "./reloading.ts";
import * as running from "./running.ts";
import * as starting from "./starting.ts";
import { STATES, type State } from "./states.ts";
import * as stopping from "./stopping.ts";
import { exitedLate, stray, strayBeside } from "./strays.ts";
import { extendReady, extendReload, rearm } from "./timers.ts";
import type { Handler } from "./turn.ts";

/** `tick` is no event of its own: it stands for the timers that are overdue. */
export type HandledType = Exclude<EventType, "tick">;

/** One cell for each of {@link STATES}, in their order. */
export type Row<Type extends HandledType> = Cells<typeof STATES, Handler<EventOf<Type>>>;

type Cells<Columns extends readonly unknown[], Cell> = { readonly [Index in keyof Columns]: Cell };

export const none: Handler = () => {};

const { start, restart, startLater, drop, stop, stopStays, refuseReload, changed, changedWhileStopping, changedAtRest, dueNow } = asked;
const { met, metWaiting, lost, spawned, spawnFailed, mainKnown, ready, readinessFailed, readyTimeout, exitedStarting, goneWithoutMain } =
  starting;
const { hookBeforeFinished, hookBeforeFailed, hookBeforeLate, backoffOver } = starting;
const { exitedRunning, mainChanged, stableReached, watchdogPing, watchdogMissed, probePassed, probeFailed, unhealthy } = running;
const { reload, reloadAgain, reloadStarted, reloaded, reloadTimeout, successorSpawned, successorSpawnFailed, readyReloading } = reloading;
const { mainReloading, successorFailed, successorLate, exitedReloading, goneReloading, killOtherAgain } = reloading;
const { spawnedLate, spawnFailedLate, exitedStopping, goneStopping, stillThere, stopTimeout, killTimeout, hookEnded, hookLate } = stopping;
const { extendStop } = stopping;

// biome-ignore format: a table is read by its columns
export const TRANSITIONS: { readonly [Type in HandledType]: Row<Type> } = {
  //                  stopped         waiting         starting            running         reloading             stopping              backoff         completed       failed
  startAsked:        [start,          none,           none,               none,           none,                 startLater,           start,          start,          start],
  stopAsked:         [drop,           drop,           stop,               stop,           stop,                 stopStays,            drop,           drop,           drop],
  restartAsked:      [start,          start,          restart,            restart,        restart,              startLater,           start,          start,          start],
  reloadAsked:       [refuseReload,   none,           reloadAgain,        reload,         reloadAgain,          none,                 none,           refuseReload,   refuseReload],
  deleteAsked:       [drop,           drop,           stop,               stop,           stop,                 stopStays,            drop,           drop,           drop],
  specChanged:       [none,           changedAtRest,  changed,            changed,        changed,              changedWhileStopping, changedAtRest,  changedAtRest,  changedAtRest],
  due:               [none,           dueNow,         none,               none,           none,                 none,                 none,           dueNow,         dueNow],
  dependenciesMet:   [met,            metWaiting,     met,                met,            met,                  met,                  met,            met,            met],
  dependencyLost:    [lost,           lost,           lost,               lost,           lost,                 lost,                 lost,           lost,           lost],
  spawned:           [stray,          stray,          spawned,            strayBeside,    successorSpawned,     spawnedLate,          stray,          stray,          stray],
  spawnFailed:       [none,           none,           spawnFailed,        none,           successorSpawnFailed, spawnFailedLate,      none,           none,           none],
  mainProcess:       [none,           none,           mainKnown,          mainChanged,    mainReloading,        mainChanged,          none,           none,           none],
  ready:             [none,           none,           ready,              none,           readyReloading,       none,                 none,           none,           none],
  readinessFailed:   [none,           none,           readinessFailed,    none,           successorFailed,      none,                 none,           none,           none],
  exited:            [exitedLate,     exitedLate,     exitedStarting,     exitedRunning,  exitedReloading,      exitedStopping,       exitedLate,     exitedLate,     exitedLate],
  gone:              [none,           none,           goneWithoutMain,    none,           goneReloading,        goneStopping,         none,           none,           none],
  remains:           [none,           none,           none,               none,           none,                 stillThere,           none,           none,           none],
  hookFinished:      [none,           none,           hookBeforeFinished, none,           none,                 hookEnded,            none,           none,           none],
  hookFailed:        [none,           none,           hookBeforeFailed,   none,           none,                 hookEnded,            none,           none,           none],
  reloadStarted:     [none,           none,           none,               reloadStarted,  none,                 none,                 none,           none,           none],
  reloaded:          [none,           none,           none,               none,           reloaded,             none,                 none,           none,           none],
  watchdogPing:      [none,           none,           none,               watchdogPing,   watchdogPing,         none,                 none,           none,           none],
  watchdogTriggered: [none,           none,           none,               watchdogMissed, watchdogMissed,       none,                 none,           none,           none],
  probePassed:       [none,           none,           none,               probePassed,    probePassed,          none,                 none,           none,           none],
  probeFailed:       [none,           none,           none,               probeFailed,    probeFailed,          none,                 none,           none,           none],
  unhealthy:         [none,           none,           none,               unhealthy,      unhealthy,            none,                 none,           none,           none],
  extendTimeout:     [none,           none,           extendReady,        none,           extendReload,         extendStop,           none,           none,           none],
  reconciled:        [reconcile,      reconcile,      reconcile,          reconcile,      reconcile,            reconcile,            reconcile,      reconcile,      reconcile],
  clockStepped:      [rearm,          rearm,          rearm,              rearm,          rearm,                rearm,                rearm,          rearm,          rearm],
  readyTimeout:      [none,           none,           readyTimeout,       none,           successorLate,        none,                 none,           none,           none],
  stopTimeout:       [none,           none,           none,               none,           killOtherAgain,       stopTimeout,          none,           none,           none],
  killTimeout:       [none,           none,           none,               none,           killOtherAgain,       killTimeout,          none,           none,           none],
  reloadTimeout:     [none,           none,           none,               none,           reloadTimeout,        none,                 none,           none,           none],
  hookTimeout:       [none,           none,           hookBeforeLate,     none,           none,                 hookLate,             none,           none,           none],
  backoffOver:       [none,           none,           none,               none,           none,                 none,                 backoffOver,    none,           none],
  stableReached:     [none,           none,           none,               stableReached,  stableReached,        none,                 none,           none,           none],
  watchdogMissed:    [none,           none,           none,               watchdogMissed, watchdogMissed,       none,                 none,           none,           none],
};

const COLUMN = Object.fromEntries(STATES.map((state, index) => [state, index])) as Readonly<Record<State, number>>;

export function handlerOf<Type extends HandledType>(state: State, type: Type): Handler<EventOf<Type>> {
  return TRANSITIONS[type][COLUMN[state]] ?? none;
}

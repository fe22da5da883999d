/**
 * Names for the instants at which a crash would hurt most, so that `npm run crash` can kill the supervisor, init or both
 * exactly there.
 *
 *   faultPoint("before spawn");
 *   const started = await client.spawn(request);
 *   faultPoint("after spawn");
 */
import { LOG_FAULT_POINTS } from "../logs/faultPoint.ts";
import { atFaultPoint } from "../values/faultHook.ts";

/** Each with the place where it belongs. */
export const FAULT_POINTS = [
  /** Just before init is asked to run an instance's launch plan: the journal has the note "spawning". */
  "before spawn",
  /** Init has answered, with the pid; nothing was written down or told yet. */
  "after spawn",
  /** Just before a line is written to the journal, whatever it says. */
  "before journal",
  /** The line is written. */
  "after journal",
  /** Just before a new desired state is written: the command is known to nobody else yet. */
  "before desired state",
  /** It is on disk; the command is not answered yet. */
  "after desired state",
  /** All that a command asked for is done or begun, just before the API answers. */
  "before answer",
  /** An exit was told by init; nothing was written down yet. */
  "before exit",
  /** What the exit means is in the journal, its event in the event log; just before init is told to forget the record. */
  "before acknowledge",
  /** Init has forgotten it. */
  "after acknowledge",
  /** Just before an event is written to the event log. */
  "before event",
  /** It is written; no listener was told. */
  "after event",
  /** Just before SIGKILL goes to all that is left of an attempt or an instance. */
  "before kill",
  /** All of it is dead, the machine was not told. */
  "after kill",
  /** Just before init is given a descriptor to hold. */
  "before hold",
  /** Init holds it. */
  "after hold",
  /** At start, just before init is told of a process that an earlier init started. */
  "before adopt",
  /** Init follows it. */
  "after adopt",
  /** At start: init's table, its exit records and the journal are read; no instance was told what was found. */
  "before reconcile",
  /** Every instance was told what was found. */
  "after reconcile",
  /** The next file of a log is there; init doesn't know of it. */
  "before log switch",
  /** Init was told to go on in it at the next line end. */
  "after log switch",
  ...LOG_FAULT_POINTS,
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Does nothing, unless `setFaultHook` has set a hook. */
export const faultPoint: (name: FaultPoint) => void = atFaultPoint;

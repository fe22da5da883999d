/** How often what goes wrong. Probabilities, unless they say otherwise. */
export interface Faults {
  readonly spawnTemporary: number;
  readonly spawnMissing: number;
  readonly signalLost: number;
  readonly timerLost: number;
  readonly timerLate: number;
  readonly timerTwice: number;
  readonly timerAfterClear: number;
  /** A process hangs in the kernel and survives SIGKILL for a while. */
  readonly unkillable: number;
  /** A message of the past, or one that means nothing, beside each that does. */
  readonly garbage: number;
  /** The supervisor dies in the middle of a step, init, or both. */
  readonly crash: number;
  /** The disk fills up, per event, and is full for some seconds. */
  readonly diskFull: number;
  readonly clockStep: number;
}

export const FAULTS: Faults = {
  spawnTemporary: 0.03,
  spawnMissing: 0.01,
  signalLost: 0.02,
  timerLost: 0.01,
  timerLate: 0.05,
  timerTwice: 0.02,
  timerAfterClear: 0.02,
  unkillable: 0.05,
  garbage: 0.04,
  crash: 1 / 400,
  diskFull: 1 / 2000,
  clockStep: 1 / 2000,
};

export const NO_FAULTS = Object.fromEntries(Object.keys(FAULTS).map((name) => [name, 0])) as unknown as Faults;

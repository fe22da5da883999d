/** How much the control API takes, and how long it waits. */

export interface ServeLimits {
  /** Default 512. */
  readonly connections: number;
  /** Of those, how many may follow events or wait. Default 448. */
  readonly long: number;
  /** Milliseconds that a request may take to arrive, and an answer without a reader. Default 10,000. */
  readonly arrival: number;
  /** Milliseconds between two signs of life in a stream of events. Default 15,000. */
  readonly heartbeat: number;
  /** Milliseconds after which a reader of events that takes nothing is cut off. Default 30,000. */
  readonly stall: number;
}

export const LIMITS: ServeLimits = { connections: 512, long: 448, arrival: 10_000, heartbeat: 15_000, stall: 30_000 };

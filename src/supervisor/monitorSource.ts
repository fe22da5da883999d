/** The monitor as the API, the checks and the dashboard see it. */
import type { HistoryRequest, MonitorSample, Series } from "../monitor/sample.ts";

/** What the machine and the instances use. */
export interface MonitorSource {
  /** The latest, a second old at the most: else one is made now. */
  sample(): MonitorSample;
  /** Oldest first. None for an instance that never ran. */
  history(request?: HistoryRequest): readonly Series[];
  /** Called for each sample that is made, each 5 s or faster. Returns the end of it. */
  onSample(listener: (sample: MonitorSample) => void): () => void;
  /**
   * Somebody looks: called for each sample, and one is made at least so often.
   *
   * @param interval milliseconds, 1000 or more
   * @returns the end of it
   */
  watch(interval: number, listener: (sample: MonitorSample) => void): () => void;
}

/** Shorthands for the families of metrics. */
import type { Family, Labels, Sample } from "./metricsFormat.ts";

/** `name` without "daemonitor_". */
export function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `daemonitor_${name}`, help, type: "gauge", samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `daemonitor_${name}_total`, help, type: "counter", samples };
}

export function info(name: string, help: string, labels: Labels): Family {
  return { name: `daemonitor_${name}_info`, help, type: "info", samples: [[labels, 1]] };
}

/** A sample of each; none where the value isn't known. */
export function samplesOf<T>(
  things: readonly T[],
  labels: (thing: T) => Labels,
  value: (thing: T) => number | null | undefined,
): readonly Sample[] {
  return things.flatMap((thing): Sample[] => {
    const found = value(thing);
    return found === null || found === undefined ? [] : [[labels(thing), found]];
  });
}

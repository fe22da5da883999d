/** Who used most of the machine. Pure. */
import { type Sum, sumOf, type Tracks } from "./tracks.ts";

export interface Consumer {
  /** "web/0", also one that is deleted by now */
  readonly instance: string;
  /** Seconds of processors, and the share of one: 1 is a whole one. */
  readonly cpu: { readonly seconds: number; readonly mean: number; readonly peak: number; readonly peakAt: number } | null;
  /** Bytes. */
  readonly memory: { readonly mean: number; readonly peak: number; readonly peakAt: number } | null;
  /** Bytes from and to disks. */
  readonly disk: { readonly read: number; readonly written: number } | null;
  /** Milliseconds that it was measured. */
  readonly measured: number;
}

/** In no order; those of which nothing was measured are left out. */
export function consumersOf(tracks: Tracks): readonly Consumer[] {
  return [...tracks].flatMap(([instance, points]): Consumer[] => {
    // The others are "host", "disk:/var" and "directory:/srv/7".
    if (!/^(?!disk:\/|directory:\/).*\/\d+$/.test(instance)) return [];
    const [cpu, memory, read, written] = ["cpu", "memory", "readRate", "writeRate"].map((column) => sumOf(points, column));
    const measured = Math.max(0, ...[cpu, memory].map((sum) => sum?.measured ?? 0));
    if (measured === 0) return [];
    return [
      {
        instance,
        cpu: cpu == null ? null : { seconds: cpu.total, ...shown(cpu) },
        memory: memory == null ? null : shown(memory),
        disk: read == null && written == null ? null : { read: read?.total ?? 0, written: written?.total ?? 0 },
        measured,
      },
    ];
  });
}

function shown({ mean, peak, peakAt }: Sum) {
  return { mean, peak, peakAt };
}

/** The greatest first; those that used nothing of it are left out. */
export function biggest(consumers: readonly Consumer[], by: (consumer: Consumer) => number | undefined): readonly Consumer[] {
  return consumers.filter((consumer) => (by(consumer) ?? 0) > 0).sort((one, other) => (by(other) ?? 0) - (by(one) ?? 0));
}

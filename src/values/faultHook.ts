/**
 * What is called at the instants that have a name for the crash run: see src/supervisor/faultPoint.ts and src/logs/faultPoint.ts.
 * In production nobody listens, and a call costs one comparison.
 */

let hook: ((name: string) => void) | undefined;

/** Does nothing, unless a hook is set. */
export function atFaultPoint(name: string): void {
  hook?.(name);
}

/** What each named instant calls from now on; undefined for nothing, which is the default. For the crash run. */
export function setFaultHook(next: ((name: string) => void) | undefined): void {
  hook = next;
}

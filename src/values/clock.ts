/** Milliseconds on the monotonic clock. Not `performance.now()`: the first use of that global loads a dozen of Node's modules. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

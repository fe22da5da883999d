/** Calls what Node warns of as experimental: that it may change is our concern, and none of who reads the log. */
export function quietly<T>(call: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return call();
  } finally {
    process.emitWarning = emitWarning;
  }
}

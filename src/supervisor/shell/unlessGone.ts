/** Looks at a process that may end at any moment, or that we may not look at: undefined then. */
export function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && GONE.has(String(error.code))) return undefined;
    throw error;
  }
}

const GONE = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "ENXIO"]);

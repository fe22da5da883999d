/** Remembers what an author wrote where a variable was filled in: what was filled in may be a secret. */

/** By path, with dots between the keys, the texts of a specification that variables were filled into. Its `env` is a secret as a whole. */
export function findWritten(
  spec: Readonly<Record<string, unknown>> | object,
  written: ReadonlyMap<string, string>,
): Record<string, string> {
  const found: [string, string][] = [];
  if (written.size > 0) {
    for (const [key, value] of Object.entries(spec)) if (key !== "env" && key !== "name") search(value, key, written, found);
  }
  return Object.fromEntries(found);
}

function search(value: unknown, path: string, written: ReadonlyMap<string, string>, found: [string, string][]): void {
  if (typeof value === "string") {
    const raw = written.get(value);
    if (raw !== undefined) found.push([path, raw]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) search(inner, `${path}.${key}`, written, found);
  }
}

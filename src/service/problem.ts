/** A mistake in a configuration, as data, and as the one line that people read. */

export type KeyPath = readonly (string | number)[];

export interface Position {
  /** From 1 up. */
  readonly line: number;
  /** From 1 up, in characters. */
  readonly column: number;
}

export interface Problem {
  /** A warning doesn't keep a configuration from being used: a command that isn't there yet, for example. */
  readonly severity: "error" | "warning";
  /** The file it is in; undefined where the configuration came from a command line or a program. */
  readonly file?: string | undefined;
  /** "services.web.restart.limt"; empty for the file as a whole. */
  readonly path: string;
  /** Where the file's format tells. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The value at fault as its author wrote it, short. Absent for environment variables: their values are secrets. */
  readonly value?: string | undefined;
  /** What is wrong and what is meant. */
  readonly message: string;
  /** The valid key or value that comes nearest. */
  readonly nearest?: string | undefined;
}

/**
 * The problem on one line: file, line and column as compilers write them, key, what is wrong.
 *
 * @example
 * formatProblem(problem);
 * // daemonitor.config.yaml:9:7: services.web.restart.limt: there is no such key: did you mean "limit"?
 */
export function formatProblem({ severity, file, path, line, column, message }: Problem): string {
  const position = line === undefined ? "" : `:${line}${column === undefined ? "" : `:${column}`}`;
  const parts = [file === undefined ? "" : `${file}${position}`, severity === "warning" ? "warning" : "", path];
  return [...parts.filter((part) => part !== ""), message].join(": ");
}

/**
 * A path of keys as one would write it in JavaScript.
 *
 * @example
 * formatPath(["services", "my app", "command", 0]); // services["my app"].command[0]
 */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

export function isError(problem: Problem): boolean {
  return problem.severity === "error";
}

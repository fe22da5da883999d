import type { Account } from "./accountOf.ts";

/** What a process is started with, apart from its specification. */
export interface LaunchContext {
  /** "web/0" */
  readonly instance: string;
  /** The 0 of "web/0". */
  readonly number: number;
  readonly attempt: number;
  /** A hook, or "ready" and "health" for the command of a probe: what runs beside the service. A word of letters. */
  readonly hook?: string;
  readonly command: readonly string[];
  /** Id of the home, for the mark. */
  readonly home: string;
  /** Environment of the supervisor. */
  readonly starter: NodeJS.ProcessEnv;
  /** Where output goes: init's logs (`err` null: both to `out`), a descriptor of ours, or null for /dev/null. */
  readonly logs: { readonly out: number; readonly err: number | null } | { readonly fd: number } | null;
  /** Sockets that init holds, in the order in which they are passed. */
  readonly sockets: readonly { readonly name: string; readonly held: string }[];
  readonly notifyAddress: string | null;
  /** Directory of a cgroup to join. */
  readonly cgroup: string | null;
  /** Laid over everything but what we say ourselves. */
  readonly extraEnvironment?: Readonly<Record<string, string>>;
  /** Whom it runs as, where that is known already. */
  readonly account?: Account;
}

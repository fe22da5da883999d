/** Why an alert could not be told. The message is shown to people: never more of an address than its host. */
export class AlertError extends Error {
  /** Another attempt would end the same. */
  readonly refused: boolean;

  constructor(message: string, { refused = false, ...options }: ErrorOptions & { readonly refused?: boolean } = {}) {
    super(message, options);
    this.name = "AlertError";
    this.refused = refused;
  }
}

/** @example errorText(error) // "connect ECONNREFUSED": errno's name, without an address */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const syscall = "syscall" in error && typeof error.syscall === "string" ? `${error.syscall} ` : "";
  return code === undefined ? error.message : `${syscall}${code}`;
}

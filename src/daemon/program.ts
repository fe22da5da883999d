import { OptionError } from "../launch/errors.ts";
import { given } from "../values/valueError.ts";
import { absolute, hasNul } from "./commonChecks.ts";

/** What is to be executed. Bytes are kept as they are: a name on Linux need not be UTF-8. */
export interface Program {
  /** Absolute, or a bare name that is still to be looked up in PATH. */
  readonly file: string | Uint8Array;
  /** argv[0], as the caller wrote it, and the arguments. */
  readonly argv: readonly (string | Uint8Array)[];
}

const SLASH = 0x2f;

/**
 * A program and its arguments. A file with a slash in it is relative to the caller's directory, not to option `cwd`.
 *
 * @throws OptionError for an empty file, a NUL byte, or what is neither text nor bytes
 */
export function checkProgram(file: unknown, args: unknown, chroot: boolean): Program {
  const program = argument(file, "file");
  if (program.length === 0) throw new OptionError("file", "file: the command is empty");
  if (args !== undefined && !Array.isArray(args)) throw new OptionError("args", `args: ${given(args)} is not a list of arguments`);
  const rest: readonly unknown[] = args ?? [];
  return { file: located(program, chroot), argv: [program, ...rest.map((arg, index) => argument(arg, `args[${index}]`))] };
}

function argument(value: unknown, name: string): string | Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array))
    throw new OptionError(name, `${name}: ${given(value)} is neither text nor bytes`);
  if (hasNul(value)) throw new OptionError(name, `${name}: ${given(value)} has a NUL byte in it`);
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new OptionError(name, `${name}: ${given(value)} is not valid Unicode; give it as bytes`);
  }
  return value;
}

function located(file: string | Uint8Array, chroot: boolean): string | Uint8Array {
  const slash = typeof file === "string" ? file.indexOf("/") : file.indexOf(SLASH);
  if (slash <= 0) return file;
  if (chroot)
    throw new OptionError(
      "file",
      `file: ${given(file)} is relative, but it is looked up inside option 'chroot': give a path that starts with "/"`,
    );
  if (typeof file === "string") return absolute(file);
  return Buffer.concat([Buffer.from(absolute("./")), Buffer.of(SLASH), file]);
}

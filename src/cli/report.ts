/** Tells a person, or with --json a program, what went wrong: one line, and the exit code. */
import { DaemonError, EXIT, OptionError } from "../launch/errors.ts";
import { print, printError } from "./output.ts";
import { styleFor } from "./style.ts";

/** Prints the error and returns the exit code. The stack of an unexpected one is shown with DAEMONITOR_DEBUG=1. */
export function report(error: unknown, json: boolean): number {
  const facts = factsOf(error);
  if (json) {
    print(`${JSON.stringify({ error: facts })}\n`);
  } else {
    printError(`${styleFor(2).red("daemonitor:")} ${oneLine(facts.message)}\n${quoted(facts.lastWords)}`);
  }
  if (process.env.DAEMONITOR_DEBUG === "1" && error instanceof Error) printError(`${error.stack ?? ""}\n`);
  return facts.exitCode;
}

interface Facts {
  readonly step?: string | undefined;
  readonly subject?: string | undefined;
  readonly code: string;
  readonly errno?: number | undefined;
  readonly strerror?: string | undefined;
  readonly hint?: string | undefined;
  readonly lastWords?: string | undefined;
  readonly option?: string | undefined;
  readonly exitCode: number;
  readonly message: string;
}

function factsOf(error: unknown): Facts {
  if (error instanceof DaemonError) {
    const { step, subject, code, errno, strerror, hint, lastWords, exitCode, message } = error;
    return { step, subject, code, errno, strerror, hint, lastWords, exitCode, message };
  }
  if (error instanceof OptionError) {
    const { code, option, exitCode, message } = error;
    return { code, option, exitCode, message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "ERR_UNEXPECTED", exitCode: EXIT.software, message: `unexpected: ${message} (DAEMONITOR_DEBUG=1 shows where)` };
}

function oneLine(message: string): string {
  return message.replaceAll(/\s*\n\s*/g, " ");
}

/** A daemon's last words, indented: they are its own, not ours. */
function quoted(lastWords: string | undefined): string {
  if (lastWords === undefined || lastWords.trim() === "") return "";
  return lastWords
    .trimEnd()
    .split("\n")
    .map((line) => `  | ${line}\n`)
    .join("");
}

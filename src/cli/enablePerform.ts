/** Does the steps of enableSteps.ts. Each can be done twice. */
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DaemonError } from "../launch/errors.ts";
import { commandError } from "./commandErrors.ts";
import type { BootStep } from "./enableSteps.ts";
import { UNIT_MARK } from "./enableUnit.ts";

/** "unchanged": it was so already. "failed" is only for what is optional. */
export type Done = { readonly is: "done" | "unchanged" } | { readonly is: "failed"; readonly why: string };

/** @throws DaemonError where it can't be done, or what stands there is not ours */
export function perform(step: BootStep): Done {
  switch (step.do) {
    case "write":
      return attempt(step.path, () => write(step.path, step.content));
    case "link":
      return attempt(step.path, () => link(step.path, step.target));
    case "remove":
      return attempt(step.path, () => remove(step.path));
    case "crontab":
      return changeCrontab(step.line, step.mark);
    case "run":
      return runCommand(step.command, step.optional);
  }
}

function write(path: string, content: string): Done {
  const found = contentOf(path);
  if (found === content) return { is: "unchanged" };
  if (found !== undefined) checkOurs(path, found);
  mkdirSync(dirname(path), { recursive: true });
  // systemd may read it at any moment, so it is never there by half.
  const temporary = `${path}.new-${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o644, flag: "wx" });
  renameSync(temporary, path);
  return { is: "done" };
}

function link(path: string, target: string): Done {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true && readlinkSync(path) === target) return { is: "unchanged" };
  if (found !== undefined && !found.isSymbolicLink()) throw notOurs(path, "it is no link");
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
  return { is: "done" };
}

function remove(path: string): Done {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { is: "unchanged" };
  if (!found.isSymbolicLink()) checkOurs(path, contentOf(path) ?? "");
  rmSync(path);
  return { is: "done" };
}

function checkOurs(path: string, content: string): void {
  if (!content.startsWith(UNIT_MARK)) throw notOurs(path, "somebody else wrote it");
}

function contentOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path, "utf8");
}

function notOurs(path: string, why: string): DaemonError {
  return commandError("ERR_NOT_OURS", "boot", `${why}, so it is left alone`, { subject: path, hint: "move it away" });
}

function changeCrontab(line: string | null, mark: string): Done {
  const before = readCrontab();
  const ours = before.split("\n").filter((text) => text.endsWith(mark));
  // In its place, wherever that is.
  if (ours.length === 1 && ours[0] === line) return { is: "unchanged" };
  const kept = before.split("\n").filter((text) => !text.endsWith(mark));
  while (kept.at(-1) === "") kept.pop();
  const after = [...kept, ...(line === null ? [] : [line])].map((text) => `${text}\n`).join("");
  if (after === before || (line === null && !before.includes(mark))) return { is: "unchanged" };
  const { status, error, stderr } = spawnSync("crontab", ["-"], { input: after, encoding: "utf8" });
  if (status !== 0) throw failed(["crontab", "-"], error?.message ?? stderr);
  return { is: "done" };
}

/** A user without one is told so by exit status 1, and the words differ between systems. */
function readCrontab(): string {
  const { status, error, stdout, stderr } = spawnSync("crontab", ["-l"], { encoding: "utf8" });
  if (status === 0) return stdout;
  if (status === 1 && /no crontab/i.test(stderr)) return "";
  throw failed(["crontab", "-l"], error?.message ?? stderr);
}

function runCommand(command: readonly string[], optional: string | undefined): Done {
  const [file = "", ...args] = command;
  const { status, error, stderr } = spawnSync(file, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (status === 0) return { is: "done" };
  const why = oneLine(error?.message ?? (stderr || `status ${status}`));
  if (optional === undefined) throw failed(command, why);
  return { is: "failed", why };
}

function failed(command: readonly string[], why: string): DaemonError {
  return commandError("ERR_BOOT_COMMAND", "run", oneLine(why), { subject: command.join(" ") });
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, "; ");
}

function attempt(path: string, act: () => Done): Done {
  try {
    return act();
  } catch (error) {
    throw DaemonError.from(error, "boot", path);
  }
}

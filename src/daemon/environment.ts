/** The environment that a daemon is started with: what was asked for, on top of the caller's. */
import { readFileSync } from "node:fs";
import { DEFAULT_PATH, Environment } from "../launch/environment.ts";
import { DaemonError, EXIT } from "../launch/errors.ts";
import type { UserRecord } from "../native/addon.ts";
import { parseEnvFile } from "../values/envFile.ts";
import { ERRNO } from "../values/errno.ts";
import type { CheckedSharedOptions } from "./options.ts";

type Asked = Pick<CheckedSharedOptions, "env" | "clearEnv" | "envFile">;

/**
 * Starts from the caller's environment (or an empty one), then the account's variables, the file's and the caller's own,
 * the later ones winning.
 */
export function composeEnvironment({ env, clearEnv, envFile }: Asked, account: UserRecord | undefined): Environment {
  const environment = clearEnv ? new Environment() : Environment.current();
  if (clearEnv) environment.set("PATH", DEFAULT_PATH);
  if (account !== undefined) {
    environment.set("HOME", account.home);
    environment.set("USER", account.name);
    environment.set("LOGNAME", account.name);
    environment.set("SHELL", account.shell);
  }
  if (envFile !== undefined) for (const [name, value] of readEnvFile(envFile)) environment.set(name, value);
  for (const [name, value] of env) {
    if (value === undefined) environment.delete(name);
    else environment.set(name, value);
  }
  return environment;
}

/**
 * Makes it the environment of this very process. Only what differs is written: process.env would spoil the rest where it is
 * not UTF-8.
 */
export function applyEnvironment(environment: Environment): void {
  const current = Environment.current();
  for (const name of Object.keys(process.env)) if (!environment.has(name)) delete process.env[name];
  for (const entry of environment.entries().map((bytes) => Buffer.from(bytes))) {
    const [name, value] = [entry.toString("utf8", 0, entry.indexOf("=")), entry.toString("utf8", entry.indexOf("=") + 1)];
    if (current.get(name) !== value) process.env[name] = value;
  }
}

/** Any bytes may be in a value, so the file is read as latin1, in which every byte is a character of its own. */
function readEnvFile(path: string): [string, Uint8Array][] {
  const { variables, wrongLines } = parseEnvFile(readText(path));
  if (wrongLines[0] !== undefined) throw wrongLine(path, wrongLines[0]);
  return variables.map(([name, value]) => [name, Buffer.from(value, "latin1")]);
}

function wrongLine(path: string, number: number): DaemonError {
  return new DaemonError({
    step: "environment file",
    subject: `${path}:${number}`,
    code: "EINVAL",
    errno: ERRNO.EINVAL,
    strerror: "not a line NAME=VALUE",
    hint: 'write NAME=VALUE, or start the line with "#"',
    exitCode: EXIT.configuration,
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    throw DaemonError.from(error, "environment file", path);
  }
}

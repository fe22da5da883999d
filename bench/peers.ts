/** Who else makes daemons: where they are installed, and the versions that are compared. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../scripts/root.ts";

export const NPM_PEERS = { "daemonize-process": "4.1.1", diable: "4.0.4", daemon: "1.1.0" } as const;

/** The Python that Debian installs python3-daemon for. */
export const PYTHON = "/usr/bin/python3";

export interface Workshop {
  readonly directory: string;
  readonly npmPeersMissing: string | undefined;
  remove(): void;
}

/** A directory with this package, as its users have it, and the npm peers beside it. */
export function workshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), "daemonitor-bench-"));
  writeFileSync(join(directory, "package.json"), '{ "private": true }\n');
  const npmPeersMissing = installNpmPeers(directory);
  mkdirSync(join(directory, "node_modules"), { recursive: true });
  symlinkSync(root, join(directory, "node_modules", "daemonitor"));
  return { directory, npmPeersMissing, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A program in PATH or where superusers have theirs. */
export function find(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

export function hasPythonDaemon(): boolean {
  return spawnSync(PYTHON, ["-c", "import daemon.daemon"], { stdio: "ignore" }).status === 0;
}

function installNpmPeers(directory: string): string | undefined {
  const packages = Object.entries(NPM_PEERS).map(([name, version]) => `${name}@${version}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--fetch-retries=1"];
  const { error, status, stderr } = spawnSync("npm", ["install", ...flags, ...packages], {
    cwd: directory,
    encoding: "utf8",
    timeout: 90_000,
  });
  if (error !== undefined) return `npm peers are left out: ${error.message}`;
  return status === 0
    ? undefined
    : `npm peers are left out: npm could not install them (${stderr.trim().split("\n").at(0) ?? `status ${status}`})`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What zsh and fish themselves offer with our scripts; bash is in completion.test.ts. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { fishScript } from "../../src/cli/completionFish.ts";
import { shapesOf } from "../../src/cli/completionShapes.ts";
import { zshScript } from "../../src/cli/completionZsh.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { fixture, run } from "../support/run.ts";

const shapes = await shapesOf(commands);

/** A directory with two files to complete, and a command that has three names of services. */
function place(t: TestContext, script: string) {
  const directory = track(t).dir();
  writeFileSync(join(directory, "script"), script);
  const services = '{"services":[{"name":"web","instances":[{"name":"web/0","state":"running"}]},{"name":"my app","instances":[]}]}';
  writeFileSync(join(directory, "daemonitor"), `#!/bin/sh\n[ "$*" = "status --json" ] && echo '${services}'\n`, { mode: 0o755 });
  for (const name of ["work/configs", "home", "found"]) mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, "work/conf ig.yaml"), "");
  const env = { PATH: `${directory}:/usr/bin:/bin`, HOME: join(directory, "home"), XDG_DATA_HOME: undefined, XDG_CONFIG_HOME: undefined };
  return { directory, options: { cwd: join(directory, "work"), env, timeout: 60_000 } };
}

interface Offer {
  readonly offered: readonly string[];
  /** What was typed, with what could be completed. */
  readonly line: string;
}

async function zsh(t: TestContext, line: string): Promise<Offer> {
  const { directory, options } = place(t, zshScript(shapes));
  const argv = ["-f", fixture("completeZsh.zsh"), join(directory, "script"), line, join(directory, "found")];
  const { stdout, stderr, code } = await run("zsh", argv, options);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  return { offered: [...new Set(lines.slice(0, -1))].sort(), line: (lines.at(-1) ?? "").slice("line:".length).trimEnd() };
}

async function fish(t: TestContext, line: string): Promise<readonly string[]> {
  const { options } = place(t, fishScript(shapes));
  const { stdout, stderr, code } = await run("fish", ["-c", 'source ../script; complete -C "$argv[1]"', "--", line], options);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").flatMap((text) => (text === "" ? [] : [text.split("\t")[0] ?? ""]));
}

const ZSH: readonly (readonly [typed: string, offered: readonly string[], line: string])[] = [
  ["daemonitor sta", ["start", "status"], "daemonitor sta"],
  ["daemonitor daemoni", ["daemonize"], "daemonitor daemonize"],
  ["daemonitor restart ", ["my\\ app", "web", "web/0"], "daemonitor restart"],
  ["daemonitor check --f", ["--file"], "daemonitor check --file"],
  ["daemonitor check -f conf", ["conf\\ ig.yaml", "configs"], "daemonitor check -f conf"],
  ["daemonitor daemonize --cwd con", ["configs"], "daemonitor daemonize --cwd configs/"],
  ["daemonitor signal USR", ["USR1", "USR2"], "daemonitor signal USR"],
  ["daemonitor help dae", ["daemonize"], "daemonitor help daemonize"],
  ["daemonitor completion ", ["bash", "fish", "zsh"], "daemonitor completion"],
  ["daemonitor daemonize -- cat con", ["conf\\ ig.yaml", "configs"], "daemonitor daemonize -- cat conf"],
];

test("zsh completes commands, flags, files, signals and services", { skip: needsProgram("zsh") }, async (t) => {
  for (const [typed, offered, line] of ZSH) assert.deepEqual(await zsh(t, typed), { offered: [...offered].sort(), line }, typed);
  assert.ok((await zsh(t, "daemonitor daemonize -- slee")).offered.includes("sleep"));
});

const FISH: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["daemonitor sta", ["start", "status"]],
  ["daemonitor restart ", ["my app", "web", "web/0"]],
  ["daemonitor check --f", ["--file"]],
  ["daemonitor check -f conf", ["conf ig.yaml", "configs/"]],
  ["daemonitor daemonize --cwd con", ["configs/"]],
  ["daemonitor signal USR", ["USR1", "USR2"]],
  ["daemonitor help dae", ["daemonize"]],
  ["daemonitor completion ", ["bash", "fish", "zsh"]],
];

test("fish completes commands, flags, files, signals and services", { skip: needsProgram("fish") }, async (t) => {
  for (const [typed, offered] of FISH) assert.deepEqual([...(await fish(t, typed))].sort(), [...offered].sort(), typed);
  assert.ok((await fish(t, "daemonitor daemonize -- slee")).includes("sleep"));
  assert.ok((await fish(t, "daemonitor daemonize -- cat con")).includes("conf ig.yaml"));
});

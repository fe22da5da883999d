import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "../../src/cli/args.ts";
import { commands } from "../../src/cli/commands.ts";
import { completionCommand } from "../../src/cli/completion.ts";
import { bashScript } from "../../src/cli/completionBash.ts";
import { fishScript } from "../../src/cli/completionFish.ts";
import { shapesOf } from "../../src/cli/completionShapes.ts";
import { zshScript } from "../../src/cli/completionZsh.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { run } from "../support/run.ts";

const shapes = await shapesOf(commands);
const scripts = { bash: bashScript(shapes), zsh: zshScript(shapes), fish: fishScript(shapes) };

/** What bash offers for a line; the last word is the one that is being typed. */
async function complete(tracked: Tracked, ...words: readonly string[]): Promise<string[]> {
  const directory = tracked.dir();
  writeFileSync(join(directory, "script"), scripts.bash);
  writeFileSync(
    join(directory, "daemonitor"),
    `#!/bin/sh
    [ "$*" = "status --json" ] || exit 1
    echo '{"services":[{"name":"web","wanted":true,"instances":[{"name":"web/0","state":"running"}]},{"name":"my app","instances":[]}]}'\n`,
    { mode: 0o755 },
  );
  mkdirSync(join(directory, "work/configs"), { recursive: true });
  writeFileSync(join(directory, "work/conf ig.yaml"), "");
  const script = `source ../script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _daemonitor; printf "%s\\n" "\${COMPREPLY[@]}"`;
  const { stdout, stderr, code } = await run("bash", ["--norc", "-c", script, "bash", "daemonitor", ...words], {
    cwd: join(directory, "work"),
    env: { PATH: `${directory}:/usr/bin:/bin` },
  });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

test("bash completes commands", async (t) => {
  const tracked = track(t);
  assert.deepEqual(await complete(tracked, "sta"), ["start", "status"]);
  assert.deepEqual(await complete(tracked, "--v"), ["--version"]);
  const all = await complete(tracked, "");
  for (const name of [...Object.keys(commands), "help"]) assert.ok(all.includes(name), name);
  assert.deepEqual(await complete(tracked, "help", "dae"), ["daemonize"]);
});

test("bash completes flags, and their values by what they are", async (t) => {
  const tracked = track(t);
  assert.deepEqual(await complete(tracked, "check", "--f"), ["--file"]);
  assert.deepEqual((await complete(tracked, "check", "-f", "conf")).sort(), ["conf ig.yaml", "configs"]);
  assert.deepEqual(await complete(tracked, "daemonize", "--cwd", "con"), ["configs"]);
  assert.deepEqual(await complete(tracked, "check", "--help", "x"), []);
  assert.deepEqual(await complete(tracked, "signal", "USR"), ["USR1", "USR2"]);
});

test("bash completes services and instances, as they are at the moment", async (t) => {
  const tracked = track(t);
  assert.deepEqual(await complete(tracked, "restart", ""), ["web", "web/0", "my\\ app"]);
  assert.deepEqual(await complete(tracked, "restart", "web", "m"), ["my\\ app"]);
  assert.deepEqual(await complete(tracked, "doctor-that-is-not", ""), []);
});

test("what follows -- is the program's own", async (t) => {
  const tracked = track(t);
  assert.ok((await complete(tracked, "daemonize", "--", "sle")).includes("sleep"));
  assert.deepEqual(await complete(tracked, "daemonize", "--", "cat", "configs"), ["configs"]);
});

for (const [shell, script] of Object.entries(scripts)) {
  test(`the script for ${shell} has every command and flag, and ${shell} can read it`, async (t) => {
    for (const { name, flags } of shapes) {
      assert.ok(script.includes(name), name);
      for (const { long } of flags) assert.ok(script.includes(shell === "fish" ? `-l ${long} ` : `--${long}`), `${name} --${long}`);
    }
    const file = join(track(t).dir(), "script");
    writeFileSync(file, script);
    const { code, stderr } = await run("sh", ["-c", `command -v ${shell} >/dev/null || exit 42; ${shell} -n "$1"`, "sh", file]);
    if (code === 42) return t.diagnostic(`${shell} is not installed`);
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

test("another shell is a mistake that names those that there are", async () => {
  const command = completionCommand(commands);
  await assert.rejects(async () => command.run(parse(command, ["csh"]) as never), /"csh" is none of bash, zsh and fish/);
  await assert.rejects(async () => command.run(parse(command, []) as never), /no shell is named: bash, zsh or fish/);
});

import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { perform } from "../../src/cli/enablePerform.ts";
import { type BootFacts, type BootTarget, chooseTarget, stepsToDisable, stepsToEnable } from "../../src/cli/enableSteps.ts";
import { type Boot, cronLine, unitText } from "../../src/cli/enableUnit.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { fixture, node24, type RunOptions, run } from "../support/run.ts";

const boot: Boot = {
  name: "daemonitor",
  program: ["/usr/bin/node", "/opt/my apps/100% $HOME/daemonitor.cjs"],
  path: '/usr/bin:/opt/a "b"',
  home: undefined,
  log: "/var/log/daemonitor/supervisor.log",
};
const machine: BootFacts = {
  ...{ uid: 0, user: "root", systemd: true, crontab: true, lingers: false },
  directories: { system: "/etc/systemd/system", user: "/root/.config/systemd/user" },
};
const asked = { system: false, user: false, cron: false };

test("root's tree is the system's, a user's is the user's, and cron does it where systemd doesn't run", () => {
  const choose = (facts: Partial<BootFacts>, wanted: Partial<typeof asked> = {}) => {
    const target = chooseTarget({ ...machine, ...facts }, { ...asked, ...wanted });
    return target.by === "cron" ? "cron" : target.scope;
  };
  assert.equal(choose({}), "system");
  assert.equal(choose({}, { user: true }), "user");
  assert.equal(choose({}, { cron: true }), "cron");
  assert.equal(choose({ uid: 1000 }), "user");
  assert.equal(choose({ uid: 1000, systemd: false }), "cron");
  assert.equal(choose({ systemd: false }, { system: true }), "system", "as for an image that is being built");
  const code = (expected: string, exitCode: number) => (error: unknown) =>
    error instanceof DaemonError && error.code === expected && error.exitCode === exitCode;
  assert.throws(() => choose({ uid: 1000 }, { system: true }), code("EPERM", 77));
  assert.throws(() => choose({ systemd: false, crontab: false }), code("ERR_NO_BOOT", 69));
  assert.throws(() => choose({ crontab: false }, { cron: true }), code("ERR_NO_BOOT", 69));
});

test("the manager is told, lingering is switched on for a user, and --now starts", () => {
  const commands = (facts: Partial<BootFacts>, target: BootTarget, now = false) =>
    stepsToEnable(boot, target, { ...machine, ...facts }, now).flatMap((step) => (step.do === "run" ? [step.command.join(" ")] : []));
  const system = { by: "systemd", scope: "system", directory: "/etc/systemd/system" } as const;
  const user = { by: "systemd", scope: "user", directory: "/home/me/.config/systemd/user" } as const;
  assert.deepEqual(commands({}, system, true), ["systemctl daemon-reload", "systemctl start daemonitor.service"]);
  assert.deepEqual(commands({ user: "me" }, user), ["systemctl --user daemon-reload", "loginctl enable-linger me"]);
  assert.deepEqual(commands({ lingers: true }, user, true), [
    "systemctl --user daemon-reload",
    "systemctl --user start daemonitor.service",
  ]);
  assert.deepEqual(commands({ systemd: false }, system, true), []);
});

test("systemd reads the unit as it is meant", async (t) => {
  const directory = track(t).dir();
  // verify looks whether the program is there.
  const own = { ...boot, program: [node24, join(directory, 'a "b" 100% $HOME\\.cjs')], home: "/srv/my app" };
  for (const scope of ["system", "user"] as const) {
    const file = join(directory, `${scope}.service`);
    writeFileSync(file, unitText(own, scope));
    const text = readFileSync(file, "utf8");
    assert.ok(text.includes('\\"b\\" 100%% $$HOME\\\\.cjs" run --saved\n'), text);
    assert.ok(text.includes('Environment="DAEMONITOR_HOME=/srv/my app"\n'), text);
    assert.ok(text.includes(`WantedBy=${scope === "system" ? "multi-user" : "default"}.target\n`));
  }
});

for (const scope of ["system", "user"] as const) {
  test(`systemd-analyze verify has nothing against the unit of the ${scope}'s manager`, {
    skip: needsProgram("systemd-analyze"),
  }, async (t) => {
    const directory = track(t).dir();
    const program = join(directory, 'a "b" 100% $HOME\\.cjs');
    writeFileSync(join(directory, "daemonitor.service"), unitText({ ...boot, program: [node24, program], home: "/srv/my app" }, scope));
    const argv = [`--${scope}`, "verify", "--man=no", "./daemonitor.service"];
    const env = { XDG_RUNTIME_DIR: directory, HOME: directory };
    const { code, stderr } = await run("systemd-analyze", argv, { cwd: directory, env });
    // Before systemd 254, DelegateSubgroup= is not known, and is left out.
    const complaints = stderr.split("\n").filter((line) => line.includes("daemonitor.service") && !line.includes("'DelegateSubgroup'"));
    assert.deepEqual([code, complaints], [0, []], stderr);
  });
}

test("cron's shell reads the line as it is meant", async (t) => {
  const directory = track(t).dir();
  const program = join(directory, 'it\'s 100% "odd" $HOME');
  writeFileSync(program, '#!/bin/sh\nprintf "%s\\n" "$PATH" "$DAEMONITOR_HOME" "$@"\n');
  chmodSync(program, 0o755);
  const line = cronLine({ ...boot, program: [program, "x y"], home: "/srv/a b", path: "/usr/bin:/bin:/o p" });
  assert.match(line, /^@reboot /);
  assert.equal(/(?<!\\)%/.test(line), false, "crontab(5): a bare % ends the command");
  const { stdout } = await run("sh", ["-c", line.replace("@reboot ", "").replaceAll("\\%", "%")]);
  const log = boot.log;
  const inner = [program, "x y", "run", "--saved", "--quiet"];
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    ...["/usr/bin:/bin:/o p", "/srv/a b", "x y", "daemonize", "--stdout", log, "--stderr", log, "--"],
    ...inner,
  ]);
});

test("units and links are written, kept where they are right, corrected where they are not, and removed", (t) => {
  const directory = join(track(t).dir(), "systemd/user");
  const target = { by: "systemd", scope: "user", directory } as const;
  const facts = { ...machine, systemd: false };
  const enable = (what: Boot) => stepsToEnable(what, target, facts, false).map((step) => perform(step).is);
  const unit = join(directory, "daemonitor.service");
  const link = join(directory, "default.target.wants/daemonitor.service");
  assert.deepEqual(enable(boot), ["done", "done"]);
  assert.equal(readFileSync(unit, "utf8"), unitText(boot, "user"));
  assert.equal(lstatSync(unit).mode & 0o777, 0o644 & ~process.umask());
  assert.equal(readlinkSync(link), "../daemonitor.service");
  assert.equal(readFileSync(link, "utf8"), unitText(boot, "user"));
  assert.deepEqual(enable(boot), ["unchanged", "unchanged"]);
  assert.deepEqual(enable({ ...boot, path: "/bin" }), ["done", "unchanged"]);
  const disable = () => stepsToDisable(boot, target, facts).map((step) => perform(step).is);
  assert.deepEqual(disable(), ["done", "done"]);
  assert.deepEqual([existsSync(unit), existsSync(link)], [false, false]);
  assert.deepEqual(disable(), ["unchanged", "unchanged"]);
});

test("what somebody else wrote is neither overwritten nor removed", (t) => {
  const directory = track(t).dir();
  const target = { by: "systemd", scope: "user", directory } as const;
  const unit = join(directory, "daemonitor.service");
  writeFileSync(unit, "[Service]\nExecStart=/precious\n");
  const notOurs = (error: unknown) => error instanceof DaemonError && error.code === "ERR_NOT_OURS" && error.message.includes(unit);
  const facts = { ...machine, systemd: false };
  assert.throws(() => stepsToEnable(boot, target, facts, false).map(perform), notOurs);
  assert.throws(() => stepsToDisable(boot, target, facts).map(perform), notOurs);
  assert.equal(readFileSync(unit, "utf8"), "[Service]\nExecStart=/precious\n");
});

const command = (name: string, args: readonly string[], options: RunOptions) =>
  run(node24, [fixture("oneCommand.ts"), name, ...args], options);

/** An account of its own, with nothing in it. The machine's systemd isn't told of what is only a test. */
function account(tracked: Tracked) {
  const home = tracked.dir();
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of ["systemctl", "loginctl"]) writeFileSync(join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env.PATH}`,
    XDG_CONFIG_HOME: undefined,
    XDG_STATE_HOME: undefined,
    DAEMONITOR_HOME: undefined,
  };
  return { home, bin, env };
}

test("enable --user says what it wrote, and disable undoes it", async (t) => {
  const { home, env } = account(track(t));
  const unit = join(home, ".config/systemd/user/daemonitor.service");
  const dry = await command("enable", ["--user", "--dry-run"], { env });
  assert.deepEqual([dry.code, dry.stderr, existsSync(join(home, ".config"))], [0, "", false]);
  assert.match(dry.stdout, new RegExp(`^write ${unit}:\n {4}# Written by "daemonitor enable"`));
  const first = await command("enable", ["--user"], { env });
  assert.equal(first.code, 0, first.stderr);
  assert.ok(first.stdout.includes(`wrote ${unit}\n`) && first.stdout.includes("to undo it: daemonitor disable\n"), first.stdout);
  assert.ok(readFileSync(unit, "utf8").includes(`ExecStart=${node24} `));
  const again = await command("enable", ["--user", "--json"], { env });
  assert.deepEqual(
    JSON.parse(again.stdout)
      .steps.slice(0, 2)
      .map(({ done }: { done: { is: string } }) => done.is),
    ["unchanged", "unchanged"],
  );
  const undone = await command("disable", ["--user"], { env });
  assert.ok(undone.stdout.includes(`removed ${unit}\n`), undone.stdout);
  assert.equal(existsSync(unit), false);
  const nothing = await command("disable", ["--user"], { env });
  assert.deepEqual([nothing.code, nothing.stdout], [0, "not enabled: there is nothing to undo\n"]);
});

test("a home of its own has a unit of its own", async (t) => {
  const { home, env } = account(track(t));
  const { stdout } = await command("enable", ["--user", "--dry-run"], { env: { ...env, DAEMONITOR_HOME: "/srv/my app/" } });
  assert.ok(stdout.startsWith(`write ${home}/.config/systemd/user/daemonitor-srv-my-app.service:`), stdout);
  assert.ok(stdout.includes('Environment="DAEMONITOR_HOME=/srv/my app/"'), stdout);
});

test("enable --cron changes one line of the crontab, and disable takes it out again", async (t) => {
  const { home, bin, env } = account(track(t));
  const table = join(home, "table");
  const script = `#!/bin/sh
    case $1 in
    -l) [ -e ${table} ] || { echo "no crontab for me" >&2; exit 1; }; cat ${table};;
    -) cat >${table};;
    esac\n`;
  writeFileSync(join(bin, "crontab"), script, { mode: 0o755 });
  const options = { env: { ...env, DAEMONITOR_HOME: join(home, "h") } };
  const lines = () => readFileSync(table, "utf8").split("\n");

  const first = await command("enable", ["--cron"], options);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(lines().length, 2);
  assert.ok(lines()[0]?.startsWith("@reboot PATH=") && lines()[0]?.includes("run --saved"));
  assert.ok(existsSync(join(home, "h/log")), "cron's job can write its log");

  writeFileSync(table, `5 4 * * * mine\n${lines()[0]}\n# the end\n`);
  const before = lines();
  assert.match((await command("enable", ["--cron"], options)).stdout, /^our line is in your crontab$/m);
  assert.deepEqual(lines(), before);
  const undone = await command("disable", [], options);
  assert.match(undone.stdout, /took our line out of your crontab/);
  assert.deepEqual(lines(), ["5 4 * * * mine", "# the end", ""]);
  assert.match((await command("disable", ["--cron"], options)).stdout, /nothing to undo/);
});

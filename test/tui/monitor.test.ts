import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, cliArgv, node24, root } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { type Ended, openSession, type Session } from "./session.ts";

const ENTER = "\r";
const ESCAPE = "\u001b";
const DOWN = "\u001b[B";
const PATIENCE = { timeout: 60_000 };

const talking: ServiceConfig = {
  command: ["/bin/sh", "-c", "n=0; while :; do n=$((n+1)); echo line $n of $DAEMONITOR_SERVICE; sleep 0.2; done"],
};
const services: Readonly<Record<string, ServiceConfig>> = {
  web: {
    ...talking,
    instances: 2,
    reload: { signal: "SIGUSR1" },
    command: ["/bin/sh", "-c", "trap 'echo reloaded' USR1; while :; do echo tick; sleep 0.2; done"],
  },
  db: { command: ["/bin/sh", "-c", "printf 'bad \\033[2J\\033]0;title\\007 日本\\n'; exec sleep 1000"] },
  job: { command: ["/bin/sh", "-c", "echo last words; exit 3"], restart: { when: "never" } },
};

async function watched(t: TestContext, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const place = await supervised(t);
  await place.apply(services);
  return { place, session: await sessionOf(place, args, env) };
}

function sessionOf(place: Supervised, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Session> {
  return openSession({ ...place, argv: cliArgv(["monitor", ...args]), env: { ...place.env, ...env } });
}

function assertRestored({ before, after, modes }: Ended): void {
  assert.equal(after, before);
  const { 1049: alternate, 25: cursor, 7: wrapping, 2004: brackets } = Object.fromEntries(modes);
  assert.deepEqual({ alternate, cursor, wrapping, brackets }, { alternate: false, cursor: true, wrapping: true, brackets: false });
}

test("every view is shown, and q leaves the terminal as it was", async (t) => {
  const { session } = await watched(t);
  await session.shows(/^CPU .*MEM .*LOAD/);
  await session.shows(/▸ web\/0 +running +[\d.]+% +[\d.]+[KM] /);
  await session.shows(/ job\/0 +(failed|completed)/);
  await session.shows(/─ log of web\/0 ─+\n(tick\n)+/);
  await session.shows(/events of web\/0 ─+\n(.*\n)*.*web\/0 {2}starting → running/);
  session.press(DOWN + DOWN);
  await session.shows(/▸ db\/0 /);
  await session.shows(/─ log of db\/0 ─+\nbad {2}日本\n/);
  session.press(ENTER);
  await session.shows(/^db\/0\n.*runs since/);
  await session.shows(/Esc back/);
  session.press("\u001b[6~");
  await session.shows(/command +\/bin\/sh/);
  session.press(ESCAPE);
  await session.shows(/▸ db\/0 /);
  session.press("?");
  await session.shows(/PgUp PgDn +a page/);
  session.press("q");
  await session.shows(/▸ db\/0 /);
  session.press("oo");
  await session.shows(/STATE▼(.*\n) {2}job\/0/);
  session.press("/jo");
  await session.shows(/\/jo {3}Enter keeps it/);
  await session.shows(/NAME.*\n▸ job\/0 .*\n─/);
  await session.shows(/log of job\/0 ─+\nlast words/);
  session.press(ESCAPE);
  await session.shows(/ web\/1 /);
  session.press("\t\t");
  await session.shows(/─ ▸ events of job\/0/);
  assert.ok(session.colours.size > 3);
  session.press("q");
  const ended = await session.ended();
  assert.equal(ended.code, 0);
  assertRestored(ended);
});

test("figures and logs go on by themselves, and what happens elsewhere is shown", async (t) => {
  const { place, session } = await watched(t, ["--interval", "1"]);
  await session.shows(/▸ web\/0 +running/);
  await place.apply({ ...services, late: talking });
  await session.shows(/ late\/0 +running/);
  await session.shows(/ late\/0 +running.*[▁▂▃▄▅▆▇█]/);
  session.press("G");
  await session.shows(/log of late\/0 ─+\n(.*\n)*line 1\d of/);
  await place.client.act({ action: "stop", selector: "late" });
  await session.shows(/ late\/0 +stopped/);
  await place.client.act({ action: "delete", selector: "late" });
  await session.shows(/▸ web\/0 /);
  assert.ok(session.lines().every((line) => !line.includes(" late/0 ")));
});

test("services are started, stopped, restarted and reloaded by keys, after y alone", async (t) => {
  const { place, session } = await watched(t);
  await session.shows(/▸ web\/0 +running/);
  const pid = async (instance: string) => (await place.status(instance)).pid;
  const [first, second] = [await pid("web/0"), await pid("web/1")];

  session.press("r");
  await session.shows(/restart web \(2 instances\)\? y\/n, i: only web\/0/);
  session.press("n");
  await session.shows(/q quit/);
  assert.deepEqual([await pid("web/0"), await pid("web/1")], [first, second]);

  session.press("r");
  await session.shows(/restart web/);
  session.press("i");
  await session.shows(/restarted web\/0/);
  assert.notEqual(await pid("web/0"), first);
  assert.equal(await pid("web/1"), second);

  session.press("ry");
  await session.shows(/restarted web$/m);
  assert.notEqual(await pid("web/1"), second);

  const third = await pid("web/0");
  session.press("l");
  await session.shows(/reload web/);
  session.press("y");
  await session.shows(/reloaded web$/m);
  await until("the log to tell of the reload", () => place.log("web/0").includes("reloaded"), PATIENCE);
  assert.equal(await pid("web/0"), third);

  session.press("xy");
  await session.shows(/stopped web$/m);
  await session.shows(/web\/0 +stopped(.*\n).*web\/1 +stopped/);
  assert.deepEqual(place.processes("web/0"), []);

  session.press("sy");
  await session.shows(/started web$/m);
  await session.shows(/web\/0 +running(.*\n).*web\/1 +running/);

  session.press("Gsy");
  await session.shows(/start job: .*exit status 3|started job/);
  const by = (await place.events()).flatMap((event) => (event.type === "state" ? [event.reason] : []));
  assert.ok(
    by.some((reason) => reason.includes("monitor, restart web")),
    by.join("\n"),
  );
});

test("errors that have a file of their own are a key away", async (t) => {
  const place = await supervised(t);
  const command = ["/bin/sh", "-c", "echo to the log; echo to the errors >&2; exec sleep 1000"];
  await place.apply({ apart: { command, logs: { stderr: "separate" } }, merged: { command } });
  const session = await sessionOf(place);
  await session.shows(/─ log of apart\/0 ─+\nto the log\n\n/);
  session.press("e");
  await session.shows(/─ errors of apart\/0 ─+\nto the errors\n\n/);
  session.press(DOWN);
  await session.shows(/─ log of merged\/0 ─+\nto the (log|errors)\nto the (log|errors)\n/);
  session.press("ke");
  await session.shows(/─ log of apart\/0 ─+\nto the log\n\n/);
});

test("a terminal that is closed ends it", async (t) => {
  const { session } = await watched(t);
  await session.shows(/▸ web\/0 +running/);
  await session.hangUp();
  await until("its end", () => !isAlive(session.pid), PATIENCE);
});

test("another size is drawn anew, down to 20 columns and 5 rows", async (t) => {
  const { session } = await watched(t);
  await session.shows(/▸ web\/0 +running/);
  session.resize({ columns: 130, rows: 40 });
  await session.shows(/log of web\/0 ─+ ─ events of web\/0 ─+/);
  session.resize({ columns: 20, rows: 5 });
  await session.shows(/▸ web\/0\n(.*\n)+\? help {2}q quit/);
  session.press(DOWN);
  await session.shows(/▸ web\/1/);
  session.press("q");
  assertRestored(await session.ended());
});

test("without colours and beyond ASCII, it is all there", async (t) => {
  const { session } = await watched(t, ["web"], { NO_COLOR: "1", LC_ALL: "C" });
  await session.shows(/> web\/0 +running/);
  await session.shows(/- log of web\/0 -+\ntick/);
  assert.doesNotMatch(session.output(), /[^\p{ASCII}]/u);
  assert.deepEqual(
    [...session.colours].filter((colour) => /[34]\d/.test(colour)),
    [],
  );
  assert.ok(session.lines().every((line) => !line.includes("db/0 ")));
});

for (const name of ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const) {
  test(`${name} leaves the terminal as it was`, async (t) => {
    const { session } = await watched(t);
    await session.shows(/▸ web\/0 +running/);
    process.kill(session.pid, name);
    const ended = await session.ended();
    assert.equal(ended.code, 128 + constants.signals[name]);
    assertRestored(ended);
  });
}

for (const [way, said] of [
  ["exception", /a mistake/],
  ["rejection", /a mistake/],
  ["exit", /^\s*$/],
] as const) {
  test(`a failure leaves the terminal as it was: ${way}`, async (t) => {
    const tracked = track(t);
    const argv = [node24, join(root, "test/tui/failing.ts"), way];
    const ended = await (await openSession({ tracked, dir: tracked.dir(), argv, env: {} })).ended();
    assert.notEqual(ended.code, 0);
    assertRestored(ended);
    assert.match(ended.said, said);
  });
}

test("Ctrl-Z stops it with the terminal as it was, and it goes on when it is continued", async (t) => {
  const { place } = await watched(t);
  // A shell with job control, as people have one.
  const shell = onTerminal(["/bin/bash", "--norc", "--noprofile", "-i"], {
    cwd: place.dir,
    env: { ...place.env, TERM: "xterm", PS1: "$ " },
  });
  place.tracked.defer(() => shell.close());
  const [file = "", ...rest] = cliArgv(["monitor"]);
  shell.write(`stty -g >before; ${[file, ...rest].join(" ")}\n`);
  await until("the view", () => shell.output().includes("log of web/0"), PATIENCE);
  shell.write("\u001a");
  await until("the shell", () => /\[\?1049l[\s\S]*Stopped/.test(shell.output()), PATIENCE);
  shell.write("stty -g >after\n");
  const modes = (name: string) => (existsSync(join(place.dir, name)) ? readFileSync(join(place.dir, name), "utf8") : "");
  await until("the modes", () => modes("after").endsWith("\n"), PATIENCE);
  assert.equal(modes("after"), modes("before"));
  const seen = shell.output().length;
  shell.write("fg\n");
  await until("the view again", () => /\[\?1049h[\s\S]*log of web\/0/.test(shell.output().slice(seen)), PATIENCE);
  shell.write("q");
  await until("its end", () => shell.output().slice(seen).includes("\u001b[?1049l"), PATIENCE);
  shell.write("exit\n");
  await shell.exited;
});

test("a supervisor that is killed, or gone: it says so, and goes on when it is back", async (t) => {
  const { place, session } = await watched(t);
  await session.shows(/▸ web\/0 +running/);
  const { pid } = await place.about();
  process.kill(pid, "SIGKILL");
  await until("another supervisor", async () => (await place.about()).pid !== pid, PATIENCE);
  session.press("ry");
  await session.shows(/restarted web$/m);
  await session.shows(/^CPU /);

  await place.client.shutdown();
  await session.shows(/^no supervisor runs: what is shown is old/);
  session.press("sy");
  await session.shows(/no supervisor runs.*$/);
  const { code } = await place.command(["start", "--name", "new", "--", "/bin/sleep", "1000"], { timeout: 60_000 });
  assert.equal(code, 0);
  await session.shows(/^CPU (.*\n)+.*new\/0 +running/);
  session.press("q");
  assertRestored(await session.ended());
});

test("without a terminal, it names the commands that need none", async (t) => {
  const { env } = await supervised(t, { start: false });
  const { code, stdout, stderr } = await cli(["monitor"], { env });
  assert.equal(code, 69);
  assert.equal(stdout, "");
  assert.match(stderr, /have to be a terminal.*status --watch.*top --json/);
});

test("on a terminal that can't move its cursor, too", async (t) => {
  const { tracked, env } = await supervised(t, { start: false });
  const terminal = onTerminal(cliArgv(["monitor"]), { env: { ...env, TERM: "dumb" } });
  tracked.defer(() => terminal.close());
  assert.equal(await terminal.exited, 69);
  await until("the message", () => /TERM is "dumb".*status --watch/s.test(terminal.output()));
});

import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ensureHome, type Machine, resolveHome } from "../../src/supervisor/state/home.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { refusalOf } from "./stateFixture.ts";

const nothing: Machine = { exists: () => false, homeOf: () => undefined };
const me = process.geteuid?.() ?? 0;
const homeAt = (path: string) => resolveHome({ DAEMONITOR_HOME: path }, me);
const directoryOf = (path: string, mode: number) => {
  mkdirSync(path);
  chmodSync(path, mode);
};
const modeOf = (path: string) => lstatSync(path).mode & 0o7777;

test("root's home is spread over the system's directories, whatever the session says", () => {
  const { run, state, log, config, socket } = resolveHome({ XDG_RUNTIME_DIR: "/run/user/1000", HOME: "/root" }, 0, nothing);
  assert.deepEqual([run, state, log, config], ["/run/daemonitor", "/var/lib/daemonitor", "/var/log/daemonitor", "/etc/daemonitor"]);
  assert.equal(socket, "/run/daemonitor/control.sock");
});

test("a user's home follows the XDG directories, and their defaults", () => {
  const given = { HOME: "/home/u", XDG_RUNTIME_DIR: "/r", XDG_STATE_HOME: "/s", XDG_CONFIG_HOME: "/c/" };
  const by = (env: NodeJS.ProcessEnv, machine = nothing) => {
    const { run, state, log, config } = resolveHome(env, 1000, machine);
    return [run, state, log, config];
  };
  assert.deepEqual(by(given), ["/r/daemonitor", "/s/daemonitor", "/s/daemonitor/log", "/c/daemonitor"]);
  const defaults = ["/home/u/.local/state/daemonitor", "/home/u/.local/state/daemonitor/log", "/home/u/.config/daemonitor"];
  assert.deepEqual(by({ HOME: "/home/u" }), ["/tmp/daemonitor-1000", ...defaults]);
  assert.deepEqual(by({ ...given, XDG_STATE_HOME: "relative", XDG_CONFIG_HOME: "", XDG_RUNTIME_DIR: "" }), [
    "/tmp/daemonitor-1000",
    ...defaults,
  ]);
  const logged = { exists: (path: string) => path === "/run/user/1000", homeOf: () => "/home/u" };
  assert.deepEqual(by({}, logged), ["/run/user/1000/daemonitor", ...defaults]);
});

test("DAEMONITOR_HOME puts all under one folder, for root too", () => {
  const { run, state, log, config } = resolveHome({ DAEMONITOR_HOME: "/x" }, 0, nothing);
  assert.deepEqual([run, state, log, config], ["/x/run", "/x/state", "/x/log", "/x/config"]);
});

test("a home that can't be told is an error that says what to do", () => {
  assert.match(refusalOf(() => resolveHome({ DAEMONITOR_HOME: "x" }, 0, nothing)).message, /^DAEMONITOR_HOME x: is no absolute path; /);
  assert.match(refusalOf(() => resolveHome({}, 1000, nothing)).message, /^user 1000: has no home directory; set HOME/);
});

test("a socket path of 107 bytes is taken, one of 108 is refused with its length", () => {
  const withSocketOf = (bytes: number) => `/${"ä".repeat(10)}${"x".repeat(bytes - 21 - "/run/control.sock".length)}`;
  assert.equal(Buffer.byteLength(resolveHome({ DAEMONITOR_HOME: withSocketOf(107) }, 0).socket), 107);
  const { code, message } = refusalOf(() => resolveHome({ DAEMONITOR_HOME: withSocketOf(108) }, 0));
  assert.equal(code, "ERR_SOCKET_PATH");
  assert.match(message, /has 108 bytes, and the path of a socket can have 107; set DAEMONITOR_HOME to a directory with a shorter path$/);
});

test("directories are created with modes 0700 and 0750 under any umask, and a second time changes nothing", (t) => {
  const dir = track(t).dir();
  for (const [name, umask] of [
    ["open", 0],
    ["closed", 0o077],
  ] as const) {
    const home = homeAt(join(dir, name, "deeper"));
    const before = process.umask(umask);
    try {
      ensureHome(home);
    } finally {
      process.umask(before);
    }
    ensureHome(home);
    assert.deepEqual([home.run, home.state, home.log, join(dir, name)].map(modeOf), [0o700, 0o700, 0o750, 0o700]);
    assert.equal(existsSync(home.config), false);
  }
});

test("a link, a file or a directory that others can write to is refused in place of a directory", (t) => {
  const dir = track(t).dir();
  for (const [plant, why] of [
    [(path: string) => symlinkSync(dir, path), /is a symbolic link, not a directory/],
    [(path: string) => symlinkSync(join(dir, "nowhere"), path), /is a symbolic link, not a directory/],
    [(path: string) => writeFileSync(path, ""), /is a regular file, not a directory/],
    [(path: string) => directoryOf(path, 0o770), /is writable by others; .*chmod go-w/],
    [(path: string) => directoryOf(path, 0o1777), /is writable by others; .*chmod go-w/],
  ] as const) {
    const base = join(dir, String(readdirSync(dir).length));
    mkdirSync(base);
    plant(join(base, "state"));
    const { code, message } = refusalOf(() => ensureHome(homeAt(base)));
    assert.equal(code, "ERR_HOME");
    assert.match(message, why);
    assert.match(message, new RegExp(`^directory ${base}/state: `));
  }
  assert.equal(existsSync(join(dir, "nowhere")), false);
});

test("a directory on the way that others could exchange is refused; a sticky one and one's own link are not", (t) => {
  const dir = track(t).dir();
  const open = join(dir, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  assert.match(
    refusalOf(() => ensureHome(homeAt(join(open, "home")))).message,
    /open: is writable by others, who could exchange .*home\/run; chmod/,
  );
  chmodSync(open, 0o1777);
  ensureHome(homeAt(join(open, "home")));
  symlinkSync("open/../open", join(dir, "link"));
  ensureHome(homeAt(join(dir, "link", "home")));
  symlinkSync("loop", join(dir, "loop"));
  assert.match(refusalOf(() => ensureHome(homeAt(join(dir, "loop", "home")))).message, /too many symbolic links/);
});

test("what belongs to another user is refused: the directory, one on the way, a link on the way", { skip: needsRoot }, (t) => {
  const dir = track(t).dir();
  const [own, way, link] = [join(dir, "own"), join(dir, "way"), join(dir, "link")];
  for (const path of [own, join(own, "run"), way]) mkdirSync(path, 0o700);
  chownSync(join(own, "run"), 65534, 65534);
  assert.match(refusalOf(() => ensureHome(homeAt(own))).message, /own\/run: belongs to another user \(uid 65534\)/);
  chownSync(way, 65534, 65534);
  assert.match(refusalOf(() => ensureHome(homeAt(way))).message, /way: belongs to another user \(uid 65534\), who could exchange/);
  mkdirSync(join(dir, "target"), 0o700);
  symlinkSync(join(dir, "target"), link);
  process.getBuiltinModule("node:fs").lchownSync(link, 65534, 65534);
  assert.match(refusalOf(() => ensureHome(homeAt(link))).message, /link: belongs to another user/);
  assert.deepEqual(readdirSync(join(dir, "target")), []);
});

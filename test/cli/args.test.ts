import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../src/cli/args.ts";
import type { Argument, Command } from "../../src/cli/command.ts";

const program: Command = {
  name: "try",
  summary: "",
  usage: "",
  operands: "program",
  examples: [],
  flags: {
    cwd: { short: "c", value: "DIR", describe: "" },
    env: { short: "E", value: "NAME", repeat: true, bytes: true, describe: "" },
    nice: { value: "N", describe: "" },
    quiet: { short: "q", describe: "" },
  },
  run: () => 0,
};
const one: Command = { ...program, operands: 1 };

test("flags take their value after a blank or an equals sign, short ones also at once", () => {
  for (const args of [["--cwd", "/x"], ["--cwd=/x"], ["-c", "/x"], ["-c/x"]])
    assert.equal(parse(program, args).text("cwd"), "/x", args.join(" "));
  assert.equal(parse(program, ["-qc", "/x"]).text("cwd"), "/x");
  assert.equal(parse(program, ["--cwd="]).text("cwd"), "");
});

test("the last value counts; repeatable flags keep all", () => {
  const args = parse(program, ["--cwd", "a", "--env", "A", "--cwd", "b", "-E", "B"]);
  assert.equal(args.text("cwd"), "b");
  assert.deepEqual(args.list("env"), ["A", "B"]);
  assert.ok(!args.has("quiet"));
});

test("a negative number is a value, a flag is not", () => {
  assert.equal(parse(program, ["--nice", "-5"]).text("nice"), "-5");
  assert.equal(parse(program, ["--cwd=-x"]).text("cwd"), "-x");
  refused(program, ["--cwd", "--quiet"], /^--cwd needs a value: --cwd DIR; if "--quiet" is meant, write --cwd=--quiet$/);
  refused(program, ["--cwd"], /^--cwd needs a value: --cwd DIR$/);
});

test("the command ends the flags, with -- and without it", () => {
  for (const args of [
    ["-q", "ls", "-q", "--cwd", "--", "x"],
    ["-q", "--", "ls", "-q", "--cwd", "--", "x"],
  ]) {
    const parsed = parse(program, args);
    assert.deepEqual(parsed.operands, ["ls", "-q", "--cwd", "--", "x"]);
    assert.ok(!parsed.has("cwd"));
  }
  assert.deepEqual(parse(program, ["--", "--quiet"]).operands, ["--quiet"]);
  assert.deepEqual(parse(program, ["--", ""]).operands, [""]);
  assert.deepEqual(parse(program, []).operands, []);
});

test("what follows the command is never mistaken for ours, even when it looks wrong", () => {
  assert.deepEqual(parse(program, ["ls", "--unknown", "-Z", "--quiet=1"]).operands, ["ls", "--unknown", "-Z", "--quiet=1"]);
});

test("other commands accept flags after their operands, and no more operands than they have", () => {
  const parsed = parse(one, ["HUP", "-q"]);
  assert.deepEqual([parsed.operands, parsed.has("quiet")], [["HUP"], true]);
  refused(one, ["HUP", "TERM"], /^try: unexpected argument "TERM"/);
});

test("an unknown flag is named, with the nearest one", () => {
  refused(program, ["--quite"], /^try: unknown flag --quite: did you mean --quiet\? See "daemonitor try --help"$/);
  refused(program, ["--zzzzzz=3"], /^try: unknown flag --zzzzzz; see "daemonitor try --help"$/);
  refused(program, ["-Z"], /^try: unknown flag -Z;/);
  refused(program, ["--constructor"], /^try: unknown flag --constructor/);
});

test("a switch takes no value", () => {
  refused(program, ["--quiet=yes"], /^--quiet takes no value$/);
});

test("bytes that are not UTF-8 reach operands and flags that take them, and no other flag", () => {
  const bytes = Buffer.from([0x41, 0x3d, 0xff]);
  const raw: Argument[] = ["--env", bytes, Buffer.concat([Buffer.from("--env="), bytes]), "ls", bytes];
  const parsed = parse(program, raw);
  assert.deepEqual(parsed.bytes("env").map(hex), [hex(bytes), hex(bytes)]);
  assert.deepEqual(parsed.operands, ["ls", bytes]);
  refused(program, ["--cwd", bytes], /^--cwd: "A=\ufffd" is not valid UTF-8$/);
  refused(program, [Buffer.concat([Buffer.from("-E"), bytes])], /^-E: "A=\ufffd" is not valid UTF-8$/);
});

function refused(command: Command, args: readonly Argument[], message: RegExp): void {
  assert.throws(() => parse(command, args), { name: "OptionError", exitCode: 64, message });
}

function hex(bytes: Argument): string {
  return Buffer.from(bytes).toString("hex");
}

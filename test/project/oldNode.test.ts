import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { track } from "../support/cleanup.ts";
import { root, run } from "../support/run.ts";
import { leastNode } from "./manifest.ts";
import { findOldNode } from "./oldNodes.ts";

const old = findOldNode(leastNode);
const oldNode = "path" in old ? old.path : "";
const needsOldNode = "reason" in old ? { skip: old.reason } : {};
const complaint =
  /^daemonitor needs Node\.js \d+\.\d+ or newer; this is \d+\.\d+\.\d+ \(\/.+\): install a newer one, or put it first on PATH\n$/;

test("the command says so in one line and exits 69", needsOldNode, () => refuses([join(root, "bin/daemonitor.cjs"), "--version"]));

test("the command in a checkout that was never built says so too", needsOldNode, (t) => {
  const folder = track(t).dir();
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  return refuses([join(folder, "bin/daemonitor.cjs")]);
});

test("import says so in one line and exits 69", needsOldNode, (t) => {
  return refuses(["--input-type=module", "--eval", 'import * as all from "daemonitor"; console.log(all)'], consumer(t));
});

test("a dynamic import says so in one line and exits 69", needsOldNode, (t) => {
  return refuses(["--eval", 'import("daemonitor").catch(() => process.exit(1))'], consumer(t));
});

test("require says so in one line and exits 69", needsOldNode, (t) => {
  return refuses(["--eval", 'console.log(require("daemonitor"))'], consumer(t));
});

test("the check lets in what package.json's engines lets in, and nothing else", () => {
  const [major, minor] = leastNode;
  const refused = [`${major}.${minor - 1}.9`, `${major - 1}.99.0`, `${major}.0.0`, "4.9.1", "0.12.18"];
  const accepted = [`${major}.${minor}.0`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`, "100.0.0", process.versions.node];
  assert.deepEqual(
    refused.map((version) => check(version)),
    refused.map((version) => ({
      code: 69,
      text: `daemonitor needs Node.js ${major}.${minor} or newer; this is ${version} (/usr/bin/node): install a newer one, or put it first on PATH\n`,
    })),
  );
  assert.deepEqual(
    accepted.map((version) => check(version)),
    accepted.map(() => ({ code: undefined, text: "" })),
  );
});

test("what runs before the check is in a syntax that every Node understands", () => {
  for (const file of ["bin/daemonitor.cjs", "dist/index.cjs"]) {
    const [lowered, same] = ["es5", "esnext"].map((target) =>
      execFileSync(join(root, "node_modules/.bin/esbuild"), [join(root, file), `--target=${target}`], { encoding: "utf8" }),
    );
    assert.match(same ?? "", /require\(|process\.exit/, file);
    assert.equal(lowered, same, file);
  }
});

async function refuses(args: readonly string[], cwd = "/"): Promise<void> {
  const { code, stdout, stderr } = await run(oldNode, args, { cwd });
  assert.match(stderr, complaint);
  assert.equal(code, 69);
  assert.equal(stdout, "");
}

/** A directory where "daemonitor" is found as an installed package is. */
function consumer(t: TestContext): string {
  const folder = track(t).dir();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/daemonitor"));
  return folder;
}

/** Runs the check as a Node of that version would. */
function check(version: string): { code: number | undefined; text: string } {
  const seen: { code: number | undefined; text: string } = { code: undefined, text: "" };
  const process = {
    versions: { node: version },
    execPath: "/usr/bin/node",
    stderr: {
      write(text: string) {
        seen.text += text;
      },
    },
    exit(code: number) {
      seen.code = code;
    },
  };
  const [, lines = "throw new Error()"] =
    /\/\/ <requires>(.*)\/\/ <\/requires>/s.exec(readFileSync(join(root, "bin/daemonitor.cjs"), "utf8")) ?? [];
  runInContext(lines, createContext({ process }));
  return seen;
}

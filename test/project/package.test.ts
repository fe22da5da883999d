import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram } from "../support/needs.ts";
import { node24, root, run } from "../support/run.ts";
import { leastNode, manifest } from "./manifest.ts";
import { findOldNode } from "./oldNodes.ts";

// The command would leave its compile cache behind on the machine.
process.env.NODE_DISABLE_COMPILE_CACHE = "1";

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

test("the lock file holds no addresses, the version of package.json, and what other platforms need", () => {
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, { resolved?: string; version?: string }> };
  assert.deepEqual(
    Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined),
    [],
  );
  assert.ok(!text.includes("://registry"));
  assert.equal(packages[""]?.version, manifest.version);
  for (const name of ["@biomejs/cli-linux-x64", "@biomejs/cli-linux-arm64", "@esbuild/linux-x64", "@esbuild/linux-arm64"]) {
    assert.ok(packages[`node_modules/${name}`], `${name} is missing: remove node_modules and the lock file, then npm install`);
  }
});

test("installing the package runs no script and brings no other package", () => {
  const scripts = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];
  assert.deepEqual(
    scripts.filter((name) => name in manifest.scripts),
    [],
  );
  assert.deepEqual(Object.keys(manifest.dependencies ?? {}), []);
});

test("a checkout that was never built runs the command from its sources", async (t) => {
  const folder = track(t).dir();
  for (const name of ["src", "package.json", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  const { code, stdout, stderr } = await run(node24, [join(folder, "bin/daemonitor.cjs"), "--version"]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.ok(stdout.includes(manifest.version), stdout);
});

test("an installed package works for import and require", {
  skip: needsAll(needsProgram("npm"), needsProgram(process.env.CC || "cc")),
  timeout: 180_000,
}, async (t) => {
  const { dir } = track(t);
  const folder = realpathSync(dir());
  const checkout = join(folder, "checkout");
  const consumer = join(folder, "consumer");
  const npm = (args: readonly string[], cwd: string) =>
    run("npm", args, {
      cwd,
      timeout: 120_000,
      env: { HOME: folder, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false", npm_config_offline: "true" },
    });
  copyCheckout(checkout);
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), '{ "name": "consumer", "private": true }');

  const packed = await npm(["pack", "--json", "--pack-destination", folder], checkout);
  assert.equal(packed.code, 0, packed.stderr);
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("["))) as [Packed];

  await t.test("it holds what package.json promises, and no sources", () => {
    const paths = files.map((file) => file.path);
    const promised = [
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((target) => Object.values(typeof target === "string" ? [target] : target)),
    ];
    for (const path of promised) assert.ok(paths.includes(path.replace(/^\.\//, "")), `${path} is missing`);
    for (const path of ["LICENSE", "dist/cli.cjs", `prebuilds/${process.platform}-${process.arch}/daemonitor.node`])
      assert.ok(paths.includes(path), path);
    const folders = /^(bin|dist|docs|prebuilds|schema)\/|^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
    assert.deepEqual(
      paths.filter((path) => !folders.test(path) || (path.endsWith(".ts") && !path.endsWith(".d.ts"))),
      [],
    );
  });

  const installed = await npm(["install", "--no-audit", "--no-fund", join(folder, filename)], consumer);
  assert.equal(installed.code, 0, installed.stderr);
  const command = join(consumer, "node_modules/.bin/daemonitor");

  await t.test("import and require give the same library, and its native part loads", async () => {
    const script = `
      import * as imported from "daemonitor";
      import { createRequire } from "node:module";
      const required = createRequire(import.meta.url)("daemonitor");
      for (const name of Object.keys(required)) if (imported[name] !== required[name]) throw new Error(name);
      const error = imported.DaemonError.fromErrno("fork", 11);
      console.log(typeof imported.createDaemon, error.code, error.strerror);`;
    const { code, stdout, stderr } = await run(node24, ["--input-type=module", "--eval", script], { cwd: consumer });
    assert.equal(stderr, "");
    assert.equal(stdout, "function EAGAIN Resource temporarily unavailable\n");
    assert.equal(code, 0);
  });

  await t.test("its types are found from modules and from CommonJS", async () => {
    const use =
      "const daemon = createDaemon({ cwd: '/' }); export const rc: 0 = daemon.rc;\n// @ts-expect-error: no such option\ncreateDaemon({ cdw: '/' });\n";
    writeFileSync(join(consumer, "module.mts"), `import { createDaemon } from "daemonitor";\n${use}`);
    writeFileSync(join(consumer, "common.cts"), `import daemonitor = require("daemonitor");\nconst { createDaemon } = daemonitor;\n${use}`);
    const options = {
      module: "nodenext",
      target: "es2024",
      strict: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["module.mts", "common.cts"] }));
    const { code, stdout } = await run(node24, [join(root, "node_modules/typescript/bin/tsc"), "--project", consumer]);
    assert.equal(stdout, "");
    assert.equal(code, 0);
  });

  await t.test("its command runs", async () => {
    const { code, stdout, stderr } = await run(node24, [command, "--version"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.ok(stdout.includes(manifest.version), stdout);
  });

  const old = findOldNode(leastNode);
  await t.test("its command refuses a Node that is too old", "reason" in old ? { skip: old.reason } : {}, async () => {
    const { code, stderr } = await run("path" in old ? old.path : "", [command, "--version"]);
    assert.match(stderr, /^daemonitor needs Node\.js .*\n$/);
    assert.equal(code, 69);
  });
});

/** What `npm pack` needs, apart from the checkout that other tests are using. */
function copyCheckout(target: string): void {
  mkdirSync(target);
  const left = new Set([".git", "node_modules", "build", "dist", "prebuilds", "test"]);
  for (const name of readdirSync(root)) {
    if (!left.has(name)) cpSync(join(root, name), join(target, name), { recursive: true });
  }
  assert.ok(existsSync(join(target, "package.json")));
  symlinkSync(join(root, "node_modules"), join(target, "node_modules"));
}

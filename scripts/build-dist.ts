/**
 * Bundles the sources:
 *
 *   dist/index.cjs    the check of Node's version, then the library
 *   dist/index.d.ts   its types
 *   dist/library.cjs  the library
 *   dist/library.cache  its compiled code, for the version of V8 that built it
 *   dist/config.cjs   what configuration files import
 *   dist/cli.cjs      the command
 *   dist/daemonize.cjs, dist/status.cjs  the same without all but one of its commands, which must start soonest
 *   dist/configuration.cjs  what reads configurations, which few commands do
 *   dist/supervisor.cjs  the supervisor, with the control API
 *   dist/compressor.cjs  what compresses archived logs
 *   dist/runOutput.cjs  what prints the services' output in the foreground
 *   dist/client.cjs   its client, for programs
 *   dist/dashboard.cjs, dist/dashboard/  the dashboard's server, and its page with its compressed forms
 *
 * Both programs are CommonJS. It starts sooner than modules do, and it neither
 * parses nor links the library before the check has run: a Node that is too
 * old says so before it meets unknown syntax or misses an export of a builtin.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type BuildOptions, build, type Plugin, transformSync, version } from "esbuild";
import { carries, fingerprint } from "./fingerprint.ts";
import "./root.ts";

const sources = [
  ...globSync("src/**/*.{ts,json}"),
  ...globSync("dashboard/*"),
  "bin/daemonitor.cjs",
  "scripts/libraryLoader.cjs",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  import.meta.filename,
];
const mark = `// built from ${fingerprint(sources, [version, process.version])}\n`;
const marked = [
  "index.cjs",
  "index.d.ts",
  "library.cjs",
  "config.cjs",
  "cli.cjs",
  "daemonize.cjs",
  "status.cjs",
  "configuration.cjs",
  "supervisor.cjs",
  "compressor.cjs",
  "runOutput.cjs",
  "client.cjs",
];
// Built aside and renamed: those who run the old files, or build at the same time, never see half of a new one.
const temporary = `build/dist.${process.pid}`;

/** Of package.json only what the program shows goes into the bundle. */
const manifest: Plugin = {
  name: "manifest",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, "utf8"));
      return { contents: JSON.stringify({ name, version }), loader: "json" };
    }),
};

/** Loaded by the few commands that need it: a third of a megabyte, with its libraries. */
const apart: Plugin = {
  name: "apart",
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/(configuration|composition)\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./configuration.cjs", external: true } : undefined,
    );
    onResolve({ filter: /\/dashboard\/main\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./dashboard.cjs", external: true } : undefined,
    );
  },
};

/** bin/daemonitor.cjs takes such a bundle for that command alone, so that nothing asks for the others. */
const withoutOthers = (command: string): Plugin => ({
  name: "without-others",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\/\w+\.ts$/ }, ({ path, kind, importer }) =>
      kind === "dynamic-import" && importer.endsWith("/cli/commands.ts") && path !== `./${command}.ts`
        ? { path, namespace: "other-command" }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: "other-command" }, () => ({ contents: "module.exports = {};" }));
  },
});

const bundling = {
  bundle: true,
  platform: "node",
  target: "node22",
  // Names and lines stay whole: they are in stack traces, and Node prints the line that threw.
  minifySyntax: true,
  legalComments: "eof",
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename", "import.meta.url": "importMetaUrl" },
  inject: ["scripts/importMetaUrl.ts"],
  plugins: [manifest, apart] as Plugin[],
  logLevel: "warning",
} as const satisfies BuildOptions;

const loader = minified(readFileSync("scripts/libraryLoader.cjs", "utf8"));

if (!marked.every((file) => carries(`dist/${file}`, mark))) await buildAll();

async function buildAll(): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  try {
    await bundle("src/cli/main.ts", "cli.cjs");
    for (const command of ["daemonize", "status"])
      await bundle("src/cli/main.ts", `${command}.cjs`, [...bundling.plugins, withoutOthers(command)]);
    await bundle("src/cli/lateParts.ts", "configuration.cjs");
    await bundle("src/api/main.ts", "supervisor.cjs");
    await bundle("src/logs/compressor.ts", "compressor.cjs");
    await bundle("src/cli/runOutput.ts", "runOutput.cjs");
    await bundle("src/api/client.ts", "client.cjs", bundling.plugins, versionCheck());
    await bundle("src/dashboard/main.ts", "dashboard.cjs");
    await bundlePage();
    await bundle("src/index.ts", "library.cjs");
    writeFileSync(`${temporary}/index.cjs`, `${versionCheck()}\n${loader}\n${namesFor(await exportsOf("src/index.ts"))}\n`);
    await bundle("src/service/config.ts", "config.cjs", bundling.plugins, versionCheck());
    declare();
    for (const file of marked) appendFileSync(`${temporary}/${file}`, mark);
    compressPage();
    keepCompiled();
    for (const file of globSync(["**/*.{js,cjs,d.ts,cache}", "dashboard/*"], { cwd: temporary })) {
      mkdirSync(dirname(`dist/${file}`), { recursive: true });
      renameSync(`${temporary}/${file}`, `dist/${file}`);
    }
  } catch (error) {
    console.error(`build:dist: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function bundle(entry: string, file: string, plugins: Plugin[] = bundling.plugins, first = ""): Promise<void> {
  const outfile = `${temporary}/${file}`;
  await build({ ...bundling, plugins, entryPoints: [entry], outfile, format: "cjs", banner: { js: `"use strict";${first}` } });
}

/** The dashboard's page: one script, one style sheet, and what needs no work. */
async function bundlePage(): Promise<void> {
  await build({
    entryPoints: ["dashboard/main.ts", "dashboard/style.css"],
    outdir: `${temporary}/dashboard`,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2023", "chrome123", "firefox120", "safari17.5"],
    tsconfig: "dashboard/tsconfig.json",
    logLevel: "warning",
  });
  for (const file of ["index.html", "icon.svg"]) copyFileSync(`dashboard/${file}`, `${temporary}/dashboard/${file}`);
}

/** Once, and not for each who asks. */
function compressPage(): void {
  for (const file of globSync("*", { cwd: `${temporary}/dashboard` })) {
    const path = `${temporary}/dashboard/${file}`;
    const plain = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(plain));
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
  }
}

/** The names a module exports. esbuild lists them for modules only, so it is bundled as one, in memory. */
async function exportsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    ...bundling,
    entryPoints: [entry],
    outfile: `${temporary}/names.js`,
    format: "esm",
    metafile: true,
    write: false,
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/**
 * After the library has run, and refused an option at the end of its table: so what every program needs is compiled. In a
 * process of its own, which has no flags and no other code.
 */
function keepCompiled(): void {
  const program = `${loader}
    try { module.exports.createDaemon({ state: () => {} }); } catch (error) { if (error.option !== "state") throw error; }
    require("fs").writeFileSync(__dirname + "/library.cache", script.createCachedData());`;
  const file = `${temporary}/keepCompiled.cjs`;
  writeFileSync(file, program);
  execFileSync(process.execPath, [file], { stdio: "inherit", env: {} });
  rmSync(file);
}

/**
 * Never run: Node looks for the names that `import` can have of a CommonJS file in its text. A module that re-exports it
 * would cost a program that imports it two milliseconds.
 */
function namesFor(names: readonly string[]): string {
  return `0 && (module.exports = { ${names.join(", ")} });`;
}

function versionCheck(): string {
  const [, check = ""] = /\/\/ <requires>\n(.*)\/\/ <\/requires>/s.exec(readFileSync("bin/daemonitor.cjs", "utf8")) ?? [];
  if (check === "") throw new Error("bin/daemonitor.cjs: the lines that check Node's version are not marked as such");
  return minified(check);
}

/** In a syntax that a Node that is too old understands. */
function minified(code: string): string {
  return transformSync(code, { minifyWhitespace: true, target: "es5" }).code.trim();
}

function declare(): void {
  const tsc = "node_modules/typescript/bin/tsc";
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json", "--outDir", temporary], { stdio: "inherit" });
}

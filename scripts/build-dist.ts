/**
 * Bundles the sources:
 *
 *   dist/index.cjs    the check of Node's version, then the library
 *   dist/index.js     the same for `import`: names only
 *   dist/index.d.ts   its types
 *   dist/library.cjs  the library
 *   dist/config.*     what configuration files import
 *   dist/cli.cjs      the command
 *   dist/configuration.cjs  what reads configurations, which few commands do
 *
 * Both programs are CommonJS. It starts sooner than modules do, and it neither
 * parses nor links the library before the check has run: a Node that is too
 * old says so before it meets unknown syntax or misses an export of a builtin.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type BuildOptions, build, type Plugin, transformSync, version } from "esbuild";
import { carries, fingerprint } from "./fingerprint.ts";
import "./root.ts";

const sources = [
  ...globSync("src/**/*.{ts,json}"),
  "bin/requireNode.cjs",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  import.meta.filename,
];
const mark = `// built from ${fingerprint(sources, [version])}\n`;
const marked = ["index.cjs", "index.js", "index.d.ts", "library.cjs", "config.cjs", "config.js", "cli.cjs", "configuration.cjs"];
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
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/service\/configuration\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./configuration.cjs", external: true } : undefined,
    ),
};

const bundling = {
  bundle: true,
  platform: "node",
  target: "node22",
  // Names and lines stay whole: they are in stack traces, and Node prints the line that threw.
  minifySyntax: true,
  legalComments: "eof",
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename", "import.meta.url": "importMetaUrl" },
  inject: ["scripts/importMetaUrl.ts"],
  plugins: [manifest, apart],
  logLevel: "warning",
} as const satisfies BuildOptions;

if (!marked.every((file) => carries(`dist/${file}`, mark))) await buildAll();

async function buildAll(): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  try {
    await bundle("src/cli/main.ts", "cli.cjs");
    await bundle("src/service/configuration.ts", "configuration.cjs");
    await bundle("src/index.ts", "library.cjs");
    writeFileSync(`${temporary}/index.cjs`, `${versionCheck()}\nmodule.exports = require("./library.cjs");\n`);
    writeFileSync(`${temporary}/index.js`, moduleEntry(await exportsOf("src/index.ts"), "library.cjs"));
    await bundle("src/service/config.ts", "config.cjs");
    writeFileSync(`${temporary}/config.js`, moduleEntry(await exportsOf("src/service/config.ts"), "config.cjs"));
    declare();
    for (const file of marked) appendFileSync(`${temporary}/${file}`, mark);
    for (const file of globSync("**/*.{js,cjs,d.ts}", { cwd: temporary })) {
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

async function bundle(entry: string, file: string): Promise<void> {
  await build({ ...bundling, entryPoints: [entry], outfile: `${temporary}/${file}`, format: "cjs", banner: { js: '"use strict";' } });
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
 * Not `export … from "./index.cjs"`: Node would parse the whole library once more, only to find its names. And the library
 * itself, not by way of index.cjs: each file more costs a program that imports it half a millisecond.
 */
function moduleEntry(names: readonly string[], file: string): string {
  const loading = `createRequire(import.meta.url)("./${file}")`;
  return `import { createRequire } from "module";\n${versionCheck()}\nexport const { ${names.join(", ")} } = ${loading};\n`;
}

function versionCheck(): string {
  return transformSync(readFileSync("bin/requireNode.cjs", "utf8"), { minifyWhitespace: true, target: "es5" }).code.trim();
}

function declare(): void {
  const tsc = "node_modules/typescript/bin/tsc";
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json", "--outDir", temporary], { stdio: "inherit" });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { lineCount, readSources, type SourceFile } from "./sources.ts";

/** What each folder may import from, besides itself. A new folder needs a place here first. */
const core = ["values", "native", "launch"];
const parts = [...core, "service", "logs", "monitor"];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  values: [],
  native: ["values"],
  launch: ["values", "native"],
  daemon: core,
  service: core,
  logs: core,
  monitor: core,
  supervisor: parts,
  api: [...parts, "supervisor"],
  tui: [...core, "api"],
  dashboard: [...core, "monitor", "api"],
  cli: [...parts, "daemon", "supervisor", "api", "tui", "dashboard"],
  ".": [...core, "daemon"],
};

const sources = readSources("src/**/*.ts");
const byPath = new Map(sources.map((source) => [source.path, source]));

test("there are sources to look at", () => {
  assert.ok(sources.length > 0);
  assert.ok(sources.some((source) => source.imports.length > 0));
});

test("folders import one way: cli → api → supervisor → parts → launch → native → values", () => {
  const wrong = sources.flatMap((source) => {
    const allowed = mayImport[source.folder];
    if (allowed === undefined) return [`${source.path}: the folder ${source.folder} has no place in the order`];
    return source.relativeImports
      .filter((path) => folderOf(path) !== source.folder && !allowed.includes(folderOf(path)) && path !== "package.json")
      .map((path) => `${source.path} imports ${path}`);
  });
  assert.deepEqual(wrong, []);
});

test("no file imports itself in a circle", () => {
  assert.deepEqual(circles(), []);
});

test("importing the library loads only daemon, launch, native and values", () => {
  const loaded = [...reachableFrom("src/index.ts")].filter((path) => path !== "package.json");
  assert.deepEqual(
    [...new Set(loaded.map(folderOf))].filter((folder) => ![".", "daemon", ...core].includes(folder)),
    [],
  );
});

test("src/index.ts only re-exports", () => {
  const code = byPath.get("src/index.ts")?.code ?? "";
  const rest = code.replaceAll(/export\s+(type\s+)?(\{[^}]*\}|\*(\s+as\s+\w+)?)\s+from\s+"[^"]+";/g, "").trim();
  assert.ok(code.length > 0, "src/index.ts is empty or missing");
  assert.equal(rest, "");
});

test("every relative import names an existing file, with its extension", () => {
  const wrong = sources.flatMap((source) =>
    source.relativeImports.filter((path) => !byPath.has(path) && path !== "package.json").map((path) => `${source.path} imports ${path}`),
  );
  assert.deepEqual(wrong, []);
});

test("builtin modules are imported as node:", () => {
  const bare = /^[a-z@]/;
  const wrong = sources.flatMap((source) =>
    source.imports.filter((name) => bare.test(name) && !name.startsWith("node:") && process.getBuiltinModule(name) !== undefined),
  );
  assert.deepEqual(wrong, []);
});

test("no file in src or native is longer than 300 lines", () => {
  const long = [...sources, ...readSources("native/*.{c,h}")].filter((source) => lineCount(source) > 300);
  assert.deepEqual(
    long.map((source) => `${source.path}: ${lineCount(source)} lines`),
    [],
  );
});

test("no type is switched off", () => {
  // A test may expect a type error: it fails when there is none.
  const off = { src: /@ts-(ignore|nocheck|expect-error)/, elsewhere: /@ts-(ignore|nocheck)/ };
  const any = /(:|\bas|<|\||&|,|=>)\s*any\b(?!\s*[\w:(])/;
  const wrong = readSources("{src,scripts,test}/**/*.ts").filter(
    ({ path, text, code }) =>
      path !== "test/project/structure.test.ts" && ((path.startsWith("src/") ? off.src : off.elsewhere).test(text) || any.test(code)),
  );
  assert.deepEqual(
    wrong.map((source) => source.path),
    [],
  );
});

function folderOf(path: string): string {
  const [, folder = ".", ...deeper] = path.split("/");
  return deeper.length === 0 ? "." : folder;
}

function reachableFrom(start: string): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    open.push(...(byPath.get(path)?.relativeImports ?? []));
  }
  return found;
}

function circles(): string[] {
  const leadsBack = (source: SourceFile) => source.relativeImports.some((path) => reachableFrom(path).has(source.path));
  return sources.filter(leadsBack).map((source) => source.path);
}

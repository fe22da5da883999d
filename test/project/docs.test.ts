import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { TREE_ERROR_CODES } from "../../src/api/treeErrors.ts";
import { parse } from "../../src/cli/args.ts";
import { COMMON_FLAGS, type Flag } from "../../src/cli/command.ts";
import { COMMAND_ERROR_CODES } from "../../src/cli/commandErrors.ts";
import { commands } from "../../src/cli/commands.ts";
import { DAEMONIZE_FLAGS } from "../../src/cli/daemonizeFlags.ts";
import { CREATE_DAEMON_OPTIONS, DAEMONIZE_OPTIONS, type OptionRow } from "../../src/daemon/optionTable.ts";
import * as library from "../../src/index.ts";
import { ERROR_CODES, EXIT } from "../../src/launch/errors.ts";
import { STATE_ERROR_CODES } from "../../src/supervisor/state/stateError.ts";
import { track } from "../support/cleanup.ts";
import { node24, root, run } from "../support/run.ts";
import { manifest } from "./manifest.ts";
import { codeBlocks, headings, linksOf, optionSections, pages, read, shellCommands, tableRows } from "./pages.ts";

const sections = optionSections(read("docs/options.md"));

for (const [name, table] of Object.entries({ createDaemon: CREATE_DAEMON_OPTIONS, daemonize: DAEMONIZE_OPTIONS })) {
  test(`docs/options.md has every option of ${name} with its default, and no other`, () => {
    const documented = sections.filter(({ only }) => only === undefined || only === name);
    assert.deepEqual(
      documented.map(({ option, fallback }) => `${option} = ${fallback}`).sort(),
      Object.entries<OptionRow<unknown>>(table)
        .map(([option, row]) => `${option} = ${row.default}`)
        .sort(),
    );
  });
}

test("docs/options.md has every flag of daemonize with its short form and its value, and no other", () => {
  const ofOptions = sections.flatMap(({ option, flags }) => flags.map((flag) => `${option}: ${flag}`));
  const others = tableRows(read("docs/options.md"), "flag").map(([flag = ""]) => `no option: ${flag.replaceAll("`", "")}`);
  const expected = Object.entries<Flag>({ ...DAEMONIZE_FLAGS, ...COMMON_FLAGS }).map(([name, flag]) => {
    const long = flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`;
    return `${flag.option ?? "no option"}: ${flag.short === undefined ? long : `-${flag.short}, ${long}`}`;
  });
  assert.deepEqual([...ofOptions, ...others].sort(), expected.sort());
});

test("every option has an example that uses it", () => {
  const without = sections.filter(({ option, example }) => !new RegExp(`\\b${option}\\b`).test(example));
  assert.deepEqual(without, []);
});

test("docs/errors.md has every code with its errno, exit code and meaning, and no other", () => {
  assert.deepEqual(documentedCodes("code"), rowsOf(ERROR_CODES));
});

test("docs/errors.md has every code of the supervisor and its commands, and no other", () => {
  const codes = rowsOf({ ...STATE_ERROR_CODES, ...TREE_ERROR_CODES, ...COMMAND_ERROR_CODES });
  assert.deepEqual(
    documentedCodes("supervisor's code"),
    codes.sort((one, other) => (one.code < other.code ? -1 : 1)),
  );
});

type CodeRow = { readonly errno: number; readonly exitCode: number; readonly meaning: string };

function rowsOf(table: Readonly<Record<string, CodeRow>>) {
  return Object.entries(table).map(([code, row]) => ({ code, ...row }));
}

function documentedCodes(title: string) {
  return tableRows(read("docs/errors.md"), title).map(([code = "", errno = "", exitCode, meaning]) => {
    const [, name = "", number] = /^(E\w+) \((\d+)\)$/.exec(errno) ?? [];
    assert.equal(errnoOf(name), Number(number), `${code}: ${errno}`);
    return { code: code.replaceAll("`", ""), errno: Number(number), exitCode: Number(exitCode), meaning };
  });
}

test("docs/errors.md has every exit code under its name, and no other", () => {
  const documented = tableRows(read("docs/errors.md"), "exit code").map(([code, name = ""]) => [name.replaceAll("`", ""), Number(code)]);
  assert.deepEqual(Object.fromEntries(documented), EXIT);
});

test("links lead to files and headings that exist, and a link in code style names something that its file holds", () => {
  const problems = pages.flatMap((page) => linksOf(read(page)).flatMap((link) => problemWith(page, link) ?? []));
  assert.deepEqual(problems, []);
});

test("the commands that the pages show are commands of ours, with flags that exist", async () => {
  const problems: string[] = [];
  for (const page of pages) {
    for (const [name = "", ...words] of shellCommands(read(page), "daemonitor")) {
      if (name.startsWith("-")) continue;
      try {
        parse((await commands[name]?.load()) ?? assert.fail(`there is no command "${name}"`), words);
      } catch (error) {
        problems.push(`${page}: daemonitor ${name} ${words.join(" ")}: ${error}`);
      }
    }
  }
  assert.deepEqual(problems, []);
});

test("the npm scripts that the pages show exist", () => {
  const shown = pages.flatMap((page) => [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, script = ""]) => script));
  assert.ok(shown.length > 0);
  assert.deepEqual(
    shown.filter((script) => !Object.hasOwn(manifest.scripts, script)),
    [],
  );
});

test("the programs that the pages show pass the type checker", async (t) => {
  const folder = track(t).dir();
  const programs = pages.flatMap((page) =>
    codeBlocks(read(page), "ts").map((code, index) => ({ name: `${basename(page)}-${index + 1}.ts`, code })),
  );
  assert.ok(programs.length > 0);
  for (const { name, code } of programs) writeFileSync(join(folder, name), withImports(code));
  // What a piece of a program takes for granted.
  writeFileSync(join(folder, "given.d.ts"), 'declare const server: import("node:http").Server;\n');
  const compilerOptions = {
    paths: {
      daemonitor: [join(root, "src/index.ts")],
      "daemonitor/config": [join(root, "src/service/config.ts")],
      "daemonitor/client": [join(root, "src/api/client.ts")],
    },
    typeRoots: [join(root, "node_modules/@types")],
    noUnusedLocals: false,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [join(folder, "*")] }),
  );
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const { code, stdout } = await run(node24, [join(root, "node_modules/typescript/bin/tsc"), "--project", folder], { timeout: 60_000 });
  assert.equal(stdout, "");
  assert.equal(code, 0);
});

/** A piece that shows a call need not show the import. */
function withImports(code: string): string {
  const missing = Object.keys(library).filter(
    (name) => new RegExp(`\\b${name}\\b`).test(code) && !/^import .* from "daemonitor"/m.test(code),
  );
  return `import { ${missing.join(", ")} } from "daemonitor";\n${code}`;
}

function errnoOf(name: string): number | undefined {
  return Object.entries(constants.errno).find(([known]) => known === name)?.[1];
}

function problemWith(page: string, { text, target }: { text: string; target: string }): string | undefined {
  if (/^https?:/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? join(root, page) : join(root, dirname(page), file);
  if (!existsSync(path)) return `${page}: ${target} doesn't exist`;
  const content = statSync(path).isFile() ? readFileSync(path, "utf8") : "";
  if (anchor !== undefined && !headings(content).includes(anchor)) return `${page}: ${target} is no heading`;
  const named = /^`(.+)`$/.exec(text)?.[1];
  return named === undefined || content.includes(named) ? undefined : `${page}: ${target} does not hold ${named}`;
}

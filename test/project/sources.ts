/** Reads the project's own files as text, for the tests about its structure. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/run.ts";

export interface SourceFile {
  /** From the root of the checkout. */
  readonly path: string;
  /** The folder in src; "." for src itself. */
  readonly folder: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** What it imports, as written; types too. */
  readonly imports: readonly string[];
  /** Of these the relative ones, from the root of the checkout. */
  readonly relativeImports: readonly string[];
}

export function readSources(pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: root, exclude: ["**/node_modules/**"] })
    .sort()
    .map(read);
}

export function lineCount(source: SourceFile): number {
  return source.text.trimEnd().split("\n").length;
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const code = withoutComments(text);
  const imports = [...code.matchAll(/(?:^|[;\s}])(?:from|import)\s*\(?\s*"([^"\n]+)"/g)].map((match) => match[1] ?? "");
  const folders = path.split("/").slice(1, -1);
  return {
    path,
    folder: folders[0] ?? ".",
    text,
    code,
    imports,
    relativeImports: imports.filter((name) => name.startsWith(".")).map((name) => join(path, "..", name)),
  };
}

/** Only comments that begin a line or follow code and a space: "https://…" in a string stays. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "").replaceAll(/(^|\s)\/\/ .*$/gm, "");
}

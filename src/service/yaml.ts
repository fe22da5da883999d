/** Reads YAML 1.2 with the positions of its keys. The library that does it is loaded with the first file. */
import type { YAMLError } from "yaml";
import type { KeyPath } from "./problem.ts";
import { Lines, type Mistake, Offsets, type Source } from "./source.ts";

/** What the library's messages say, without the file's text that it quotes in some: a value may be a secret. */
const MESSAGES: Readonly<Record<string, string>> = {
  BAD_ALIAS: "an alias (*name) can't stand like this",
  BAD_DQ_ESCAPE: "there is a wrong escape in double quotes",
  BAD_INDENT: "the indentation doesn't fit",
  BAD_SCALAR_START: "no plain text begins with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a key can't hold more than one line: is a colon in a text that needs quotes?",
  BLOCK_IN_FLOW: "an indented block can't stand within brackets",
  MISSING_CHAR: "a character is missing here: a quote, a bracket, a comma or a blank",
  MULTILINE_IMPLICIT_KEY: "a key has to be on one line: is a quote or a bracket not closed?",
  MULTIPLE_ANCHORS: "there are two anchors for one value",
  MULTIPLE_DOCS: "there is a second document (---): a configuration is one",
  TAB_AS_INDENT: "a tab can't indent: use spaces",
  TAG_RESOLVE_FAILED: "this tag (!…) is unknown",
};

/** @example (await readYaml("services: {}")).value */
export async function readYaml(text: string): Promise<Source> {
  const yaml = await import("yaml");
  const lines = new Lines(text);
  const document = yaml.parseDocument(text, { prettyErrors: false, merge: true, uniqueKeys: false, version: "1.2" });
  const mistakes = [...document.errors, ...document.warnings].map((error) => mistake(error, lines));
  if (mistakes.length > 0) return { value: undefined, locate: () => undefined, mistakes };
  yaml.visit(document, {
    // "022" is meant as it looks: YAML 1.2 takes it for the decimal number 22.
    Scalar(_, scalar) {
      if (typeof scalar.value === "number" && /^[-+]?0\d+$/.test(scalar.source ?? "")) scalar.value = scalar.source;
    },
  });
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    const offsets = new Offsets();
    const duplicates: Mistake[] = [];
    const collect = (node: unknown, path: KeyPath): void => {
      for (const [key, inner, offset] of members(yaml, node)) {
        const here = [...path, key];
        if (offsets.has(here)) {
          duplicates.push({ message: `the key ${JSON.stringify(key)} is here twice`, path: here, ...lines.at(offset) });
          continue;
        }
        offsets.set(here, offset);
        collect(inner, here);
      }
    };
    collect(document.contents, []);
    const locate = (path: KeyPath) => {
      const offset = offsets.find(path);
      return offset === undefined ? undefined : lines.at(offset);
    };
    return { value, locate, mistakes: duplicates };
  } catch (error) {
    // Aliases of what isn't there, or so many that they would fill the memory.
    const message = `its aliases can't be resolved${error instanceof ReferenceError ? ": too many, or of an anchor that isn't there" : ""}`;
    return { value: undefined, locate: () => undefined, mistakes: [{ message }] };
  }
}

function mistake({ code, pos: [offset] }: YAMLError, lines: Lines): Mistake {
  return {
    message: MESSAGES[code] ?? "this can't stand here: is a quote, a colon or an indentation missing before it?",
    ...lines.at(offset),
  };
}

type Yaml = typeof import("yaml");

/** The keys of a map, or the items of a list, and where they begin. What "<<" brings along has no place of its own. */
function members(yaml: Yaml, node: unknown): [key: string | number, inner: unknown, offset: number][] {
  if (yaml.isMap(node)) {
    return node.items.flatMap(({ key, value }): [string, unknown, number][] =>
      yaml.isScalar(key) && key.range && key.value !== "<<" ? [[String(key.value), value, key.range[0]]] : [],
    );
  }
  if (yaml.isSeq(node)) {
    return node.items.flatMap((item, index): [number, unknown, number][] =>
      yaml.isNode(item) && item.range ? [[index, item, item.range[0]]] : [],
    );
  }
  return [];
}

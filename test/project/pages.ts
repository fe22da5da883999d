/** The pages of the documentation, and what the tests look at in them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/run.ts";

export const pages: readonly string[] = [
  "README.md",
  "docs/guide.md",
  "docs/options.md",
  "docs/api.md",
  "docs/checks.md",
  "docs/dashboard.md",
  "docs/logs-reading.md",
  "docs/logs.md",
  "docs/monitor.md",
  "docs/prometheus.md",
  "docs/terminal.md",
  "docs/errors.md",
  "docs/supervisor.md",
  "docs/recipe.md",
  "docs/decisions.md",
  "docs/guarantees.md",
];

export function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

export interface OptionSection {
  readonly option: string;
  /** The one function that has it. */
  readonly only: string | undefined;
  /** As "-c, --cwd DIR". */
  readonly flags: readonly string[];
  readonly fallback: string;
  readonly example: string;
}

/** The "###" sections of docs/options.md: the option, then a line "FLAGS · TYPE · default `VALUE`". */
export function optionSections(text: string): readonly OptionSection[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, option = "", only] = /^`(\w+)`(?: of `(\w+)`)?\n/.exec(section) ?? [];
      const [flags = "", ...rest] = (section.split("\n")[2] ?? "").split(" · ");
      const fallback = /^default `(.+)`$/.exec(rest.at(-1) ?? "")?.[1] ?? `missing in "${section.split("\n")[0]}"`;
      return { option, only, flags: spelled(flags), fallback, example: codeBlocks(section, "ts").join("\n") };
    });
}

/** "`-c`, `--cwd DIR`" is one flag, "`--core`, `--no-core`" are two. */
function spelled(flags: string): string[] {
  const words = [...flags.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  return words.flatMap((word, index) => {
    if (!word.startsWith("--")) return [];
    const short = words[index - 1];
    return short !== undefined && /^-\w$/.test(short) ? `${short}, ${word}` : word;
  });
}

/** Cells of the table whose first column has this title. */
export function tableRows(text: string, title: string): readonly (readonly string[])[] {
  const [, table = ""] = text.split(new RegExp(`^\\| ${title} \\|.*\\n\\|[- |]+\\|\\n`, "m"));
  return (/^(?:\|.*\n?)*/.exec(table)?.[0] ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Links outside of code blocks. */
export function linksOf(text: string): readonly { readonly text: string; readonly target: string }[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, words = "", target = ""]) => ({ text: words, target }));
}

/** Anchors of the headings, as GitHub makes them. */
export function headings(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

export function codeBlocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, code = ""]) => code);
}

/** Command lines of a program in the shell blocks, as words without the program's name, comments left out. */
export function shellCommands(text: string, program: string): readonly (readonly string[])[] {
  return codeBlocks(text, "sh")
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/^npx /, "").replace(/\s+#.*$/, ""))
    .filter((line) => line.startsWith(`${program} `))
    .map((line) => (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replace(/^(['"])(.*)\1$/, "$2")));
}

/** A document as Markdown, tables as GitHub and others have them. Charts are left out. Pure. */
import type { Block, Document } from "./blocks.ts";
import { escapeMarkdown } from "./escape.ts";

/** @example writeFileSync("report.md", markdownOf(documentOf(report))) */
export function markdownOf({ title, blocks }: Document): string {
  return [`# ${escapeMarkdown(title)}`, ...blocks.flatMap(blockText)].join("\n\n").concat("\n");
}

function blockText(block: Block): readonly string[] {
  switch (block.is) {
    case "heading":
      return [`## ${escapeMarkdown(block.text)}`];
    case "text":
      return [escapeMarkdown(block.text)];
    case "notes":
      return [block.texts.map((text) => `- ${escapeMarkdown(text)}`).join("\n")];
    case "chart":
      return [];
    case "table":
      return [
        [
          line(block.columns.map(({ title }) => escapeMarkdown(title))),
          line(block.columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
          ...block.rows.map((row) => line(row.map(escapeMarkdown))),
        ].join("\n"),
      ];
  }
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

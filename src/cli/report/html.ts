/**
 * A document as one HTML page that needs nothing else: no request, no script, light or dark as the reader has it. Its own
 * policy forbids both, should a name ever find a way past the escaping. Pure.
 */

import type { Block, Document } from "./blocks.ts";
import { chartSvg } from "./chart.ts";
import { escapeHtml } from "./escape.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b6470; --line: #d9dee4; --paper: #ffffff; --tint: #f4f6f8; --mark: #1f6feb; --warn: #8a5300; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa5b1; --line: #353c45; --paper: #14181d; --tint: #1c2229; --mark: #6cb0ff; --warn: #f0b866; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.notes { margin: .75rem 0; padding: .5rem 1rem .5rem 2rem; background: var(--tint); border-left: 3px solid var(--warn); }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td { overflow-wrap: break-word; }
.right { text-align: right; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: 7rem; background: var(--tint); }
polyline { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
@media print { body { background: none; } h2, figure, tr { break-inside: avoid; } }
`.trim();

/** @example writeFileSync("report.html", htmlOf(documentOf(report, drawn))) */
export function htmlOf({ title, blocks }: Document): string {
  const name = escapeHtml(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${name}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main>
<h1>${name}</h1>
${blocks.map(blockHtml).join("\n")}
</main>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.is) {
    case "heading":
      return `<h2>${escapeHtml(block.text)}</h2>`;
    case "text":
      return `<p>${escapeHtml(block.text)}</p>`;
    case "notes":
      return `<ul class="notes">${block.texts.map((text) => `<li>${escapeHtml(text)}</li>`).join("")}</ul>`;
    case "chart":
      return chartSvg(block);
    case "table": {
      const mark = (index: number) => (block.columns[index]?.align === "right" ? ' class="right"' : "");
      const head = block.columns.map(({ title }, index) => `<th scope="col"${mark(index)}>${escapeHtml(title)}</th>`).join("");
      const rows = block.rows.map((row) => `<tr>${row.map((cell, index) => `<td${mark(index)}>${escapeHtml(cell)}</td>`).join("")}</tr>`);
      return `<div class="wide" tabindex="0"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join("\n")}\n</tbody></table></div>`;
    }
  }
}

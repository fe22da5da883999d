/** docs/specification.md, from the tables of keys. */
import { CONFIG_KEYS } from "../src/service/configTable.ts";
import type { Row, Table } from "../src/service/kind.ts";
import { SERVICE_KEYS } from "../src/service/serviceTable.ts";

const INTRODUCTION = `# Specification

What \`daemonitor.config.ts\`, \`.js\`, \`.json\`, \`.yaml\` or \`.yml\` holds: which services are to run, and how. This page is written by \`npm run build:schema\` from the tables
that check a configuration ([serviceTable.ts](../src/service/serviceTable.ts), [sections.ts](../src/service/sections.ts)); a test fails when they differ.

\`\`\`ts
import { defineConfig } from "daemonitor/config";

export default defineConfig({
  services: {
    web: { command: ["node", "server.js"], instances: 2, ready: "notify" },
  },
});
\`\`\`

The same in YAML:

\`\`\`yaml
services:
  web:
    command: node server.js
    instances: 2
    ready: notify
\`\`\`

- \`daemonitor check\` reports every mistake with its file, line, column and key. TypeScript and JavaScript files have no lines to report for keys; their editor does that.
- [daemonitor.schema.json](../schema/daemonitor.schema.json) tells editors the keys of JSON and YAML files.
- *Duration*: milliseconds, or a text such as \`"500ms"\`, \`"30s"\`, \`"1h30min"\`. *Size*: bytes, or a text such as \`"10MiB"\` (1024²) or \`"10MB"\` (1000²).
- *Command*: a list of words, or a text that is split as a shell does. No shell runs it: \`|\`, \`>\`, \`&&\` and \`$(…)\` are errors that say so; write \`["sh", "-c", "…"]\` for those.
- *Path*: a relative one starts at the directory of the configuration file.
- A key that is left out, or null, has its default.
- The name of a service has up to 64 bytes, without \`/\`, control characters and the characters of patterns; \`all\` is reserved.
- Keys that begin with \`x-\` are ignored at the top: a place for what YAML anchors share.

## Variables

In every text, \`\${NAME}\` is filled in from the environment of whoever applies the configuration, \`\${NAME:-default}\` with a default where it is undefined or empty. An undefined
variable without a default is an error. \`$\${\` is a plain \`\${\`. What is filled in is never split into words, and never looked at again. Values of variables appear in no message,
and \`describe\` shows \`\${NAME}\` in their place.

A service gets the variables of \`envFile\` and \`env\`, and those that \`inheritEnv\` names, on top of the few that the supervisor gives to all (PATH, HOME and the like).

## Applying

\`daemonitor apply\` compares each service with what runs, key by key, after defaults were filled in. A service with a changed key is started again, but for
the keys marked *live*, which only the supervisor has to know.
`;

export function specificationPage(): string {
  return [
    INTRODUCTION,
    "## Keys of a service\n",
    ...Object.entries(SERVICE_KEYS as Table).map(([name, row]) => entry(name, row, "###")),
    "## Other keys\n",
    ...Object.entries(CONFIG_KEYS as Table).map(([name, row]) => entry(name, row, "###")),
  ].join("\n");
}

function entry(name: string, row: Row<unknown>, heading: string): string {
  const facts = [
    row.kind.label,
    ...(row.default === undefined ? [] : [`default: ${quote(row.default)}`]),
    ...(row.change === "live" ? ["*live*"] : []),
  ];
  const choices =
    row.kind.choices === undefined || row.kind.keys !== undefined
      ? ""
      : `\n${row.kind.choices.map((choice) => `\`${choice}\``).join(", ")}\n`;
  const keys = row.kind.keys === undefined ? "" : `\n${keyTable(row.kind.keys)}\n`;
  return `${heading} \`${name}\`\n\n${facts.join(" · ")}\n\n${row.doc}\n${choices}${keys}\n\`\`\`ts\n${name}: ${literal(row.example)}\n\`\`\`\n`;
}

function keyTable(keys: Table, prefix = ""): string {
  const rows = Object.entries(keys).flatMap(([name, row]): string[] => {
    const own = `| \`${prefix}${name}\` | ${cell(row.kind.label)} | ${row.default === undefined ? "" : cell(quote(row.default))} | ${cell(row.doc)} |`;
    return row.kind.keys === undefined ? [own] : [own, ...body(row.kind.keys, `${prefix}${name}.`)];
  });
  return prefix === "" ? ["| key | kind | default | |", "| --- | --- | --- | --- |", ...rows].join("\n") : rows.join("\n");
}

function body(keys: Table, prefix: string): string[] {
  return keyTable(keys, prefix).split("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function quote(text: string): string {
  return /^["[{\d]|^(?:true|false)$/.test(text) ? `\`${text}\`` : text;
}

/** As one writes it in a TypeScript file. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${literal(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

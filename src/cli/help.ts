/** Help texts, written from the tables that the command line is parsed by. */
import { COMMON_FLAGS, type Command, type Example, type Flag } from "./command.ts";
import { commands, type Group } from "./commands.ts";
import { type Style, styleFor } from "./style.ts";
import { terminalSize } from "./terminal.ts";

/** Lines that are longer are hard to read, however wide the terminal is. */
const WIDEST = 100;
const NARROWEST = 24;

const GROUPS: Readonly<Record<Group, string>> = {
  services: "Services, which are kept running",
  daemons: "Daemons, which run on their own",
  machine: "This machine, and the supervisor",
};

const FIRST_STEPS: readonly Example[] = [
  { does: "keep a program running", command: "daemonitor start server.js" },
  { does: "see what runs", command: "daemonitor status" },
  { does: "find out why something doesn't", command: "daemonitor why server" },
  { does: "bring everything to what daemonitor.config.yaml says", command: "daemonitor apply" },
  { does: "only make a daemon of a program", command: "daemonitor daemonize --pid-file /run/web.pid -- python3 -m http.server" },
  { does: "all about one command", command: "daemonitor help start" },
];

/** What `daemonitor --help` prints. */
export function overview(): string {
  const style = styleFor(1);
  const names = Object.keys(commands);
  const left = Math.max(...names.map((name) => name.length)) + 4;
  const groups = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const rows = Object.entries(commands).flatMap(([name, entry]) => (entry.group === group ? [[name, entry.summary] as const] : []));
    return rows.length === 0 ? [] : [heading(style, GROUPS[group]), columns(rows, left), ""];
  });
  return [
    `${style.bold("daemonitor")}: makes correct Unix daemons, keeps them running, and keeps an eye on them\n`,
    heading(style, "Usage"),
    "  daemonitor COMMAND [options]\n",
    ...groups,
    heading(style, "Options"),
    columns([
      ["-h, --help", "show this help; after a command, its own"],
      ["-V, --version", "show the version"],
    ]),
    "",
    heading(style, "Examples"),
    ...exampleLines(FIRST_STEPS),
    "",
  ].join("\n");
}

/** What `daemonitor COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const style = styleFor(1);
  const flags: readonly [string, Flag][] = Object.entries({ ...command.flags, ...COMMON_FLAGS });
  const notes = (command.notes ?? []).map((note) => `${wrapped(note, 0)}\n`);
  return [
    `${wrapped(`daemonitor ${command.name}: ${command.summary}`, 0).replace(/^[^:]+/, style.bold)}\n`,
    heading(style, "Usage"),
    `  daemonitor ${command.name} ${command.usage}\n`,
    heading(style, "Options"),
    columns(flags.map(([name, flag]) => [spelled(name, flag), meaning(flag)])),
    "",
    ...notes,
    heading(style, "Examples"),
    ...exampleLines(command.examples),
    "",
  ].join("\n");
}

function heading(style: Style, text: string): string {
  return style.bold(`${text}:`);
}

function spelled(name: string, { short, value }: Flag): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}

function meaning({ describe, default: fallback, repeat }: Flag): string {
  const extras = [repeat === true ? "repeatable" : "", fallback === undefined ? "" : `default: ${fallback}`].filter(
    (extra) => extra !== "",
  );
  return extras.length === 0 ? describe : `${describe} (${extras.join("; ")})`;
}

function exampleLines(examples: readonly Example[]): readonly string[] {
  return examples.flatMap(({ command, does }) => [`  # ${does}`, `  ${command}`]);
}

function columns(rows: readonly (readonly [string, string])[], left = Math.max(...rows.map(([name]) => name.length)) + 4): string {
  return rows.map(([name, text]) => `  ${name.padEnd(left - 2)}${wrapped(text, left)}`).join("\n");
}

function wrapped(text: string, indent: number): string {
  const width = Math.max(NARROWEST, Math.min(WIDEST, terminalSize(1)?.columns ?? WIDEST) - indent);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

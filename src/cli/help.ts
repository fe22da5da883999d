/** Help texts, written from the tables that the command line is parsed by. */
import { COMMON_FLAGS, type Command, type Flag } from "./command.ts";
import { commands } from "./commands.ts";
import { type Style, styleFor } from "./style.ts";

const WIDTH = 100;

/** What `daemonitor --help` prints. */
export function overview(): string {
  const style = styleFor(1);
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const);
  return [
    `${style.bold("daemonitor")}: makes correct Unix daemons, and keeps an eye on them\n`,
    heading(style, "Usage"),
    "  daemonitor COMMAND [options]\n",
    heading(style, "Commands"),
    columns(rows),
    "",
    heading(style, "Options"),
    columns([
      ["-h, --help", "show this help; after a command, its own"],
      ["-V, --version", "show the version"],
    ]),
    "",
    heading(style, "Examples"),
    "  daemonitor daemonize --pid-file /run/web.pid -- python3 -m http.server",
    "  daemonitor stop --pid-file /run/web.pid",
    "  daemonitor help daemonize",
    "",
  ].join("\n");
}

/** What `daemonitor COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const style = styleFor(1);
  const flags: readonly [string, Flag][] = Object.entries({ ...command.flags, ...COMMON_FLAGS });
  const notes = (command.notes ?? []).map((note) => `${wrapped(note, 0)}\n`);
  const examples = command.examples.flatMap(({ command: line, does }) => [`  # ${does}`, `  ${line}`]);
  return [
    `${style.bold(`daemonitor ${command.name}`)}: ${command.summary}\n`,
    heading(style, "Usage"),
    `  daemonitor ${command.name} ${command.usage}\n`,
    heading(style, "Options"),
    columns(flags.map(([name, flag]) => [spelled(name, flag), meaning(flag)])),
    "",
    ...notes,
    heading(style, "Examples"),
    ...examples,
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

function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.map(([name, text]) => `  ${name.padEnd(left - 2)}${wrapped(text, left)}`).join("\n");
}

function wrapped(text: string, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= WIDTH - indent) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

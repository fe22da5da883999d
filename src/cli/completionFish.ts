/** The script for fish. */
import { type FlagShape, type Kind, type Shape, SIGNAL_NAMES } from "./completionShapes.ts";

export function fishScript(shapes: readonly Shape[]): string {
  const names = shapes.map(({ name }) => name).join(" ");
  return `# fish completion of daemonitor, written by "daemonitor completion fish"

function __daemonitor_services
    daemonitor status --json 2>/dev/null | tr '{,' '\\n\\n' | sed -n 's/^"name":"\\([^"\\\\]*\\)"$/\\1/p'
end

# The command in front of the cursor, unless its own command line has begun.
function __daemonitor_is
    set -l words (commandline -opc)
    contains -- -- $words; and return 1
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

function __daemonitor_none
    not contains -- (commandline -opc)[2] ${names}
end

function __daemonitor_program
    contains -- -- (commandline -opc)
end

complete -c daemonitor -f
complete -c daemonitor -n __daemonitor_program -F -a '(__fish_complete_command)'
complete -c daemonitor -n __daemonitor_none -l help -d 'show help'
complete -c daemonitor -n __daemonitor_none -l version -d 'show the version'
${shapes.map(({ name, summary }) => `complete -c daemonitor -n __daemonitor_none -a ${name} -d ${quoted(summary)}\n`).join("")}
${shapes.map(ofCommand).join("")}`;
}

function ofCommand({ name, flags, operands }: Shape): string {
  const start = `complete -c daemonitor -n ${quoted(`__daemonitor_is ${name}`)}`;
  return [...flags.map((flag) => `${start}${ofFlag(flag)}\n`), ...operands.map((kind) => `${start}${listing(kind)}\n`)].join("");
}

function ofFlag({ long, short, describe, value }: FlagShape): string {
  // -x: what isn't listed is no value of it; -r alone would list files beside them.
  const wants = value === undefined ? "" : `${value === "files" ? " -r" : " -x"}${listing(value)}`;
  return ` -l ${long}${short === undefined ? "" : ` -s ${short}`} -d ${quoted(describe)}${wants}`;
}

function listing(kind: Kind): string {
  switch (kind) {
    case "files":
      return " -F";
    case "directories":
      return " -a '(__fish_complete_directories)'";
    case "services":
      return " -a '(__daemonitor_services)'";
    case "signals":
      return ` -a ${quoted(SIGNAL_NAMES.join(" "))}`;
    case "programs":
      return " -F -a '(__fish_complete_command)'";
    case "none":
      return "";
    default:
      return ` -a ${quoted(kind.join(" "))}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** The script for zsh, to be found in fpath as `_daemonitor`, or to be sourced after compinit. */
import { type Kind, type Shape, SIGNAL_NAMES } from "./completionShapes.ts";

export function zshScript(shapes: readonly Shape[]): string {
  return `#compdef daemonitor
# zsh completion of daemonitor, written by "daemonitor completion zsh"

_daemonitor_services() {
  local -a services
  services=(\${(f)"$(daemonitor status --json 2>/dev/null | tr '{,' '\\n\\n' | sed -n 's/^"name":"\\([^"\\\\]*\\)"$/\\1/p')"})
  compadd -a services
}

_daemonitor() {
  local -a found
  if ((CURRENT == 2)); then
    found=(
${shapes.map(({ name, summary }) => `      ${quoted(`${colons(name)}:${summary}`)}\n`).join("")}    )
    _describe -t commands command found
    return
  fi
  # After "--" it is the program's own command line.
  local end=\${words[(i)--]}
  if ((end < CURRENT)); then
    ((end == CURRENT - 1)) && _command_names -e
    _files
    return
  fi
  case $words[2] in
${shapes.map(branch).join("")}  esac
}

if [[ $funcstack[1] == _daemonitor ]]; then
  _daemonitor "$@"
else
  compdef _daemonitor daemonitor
fi
`;
}

function branch({ name, flags, operands }: Shape): string {
  const values = flags.flatMap(({ long, short, value }) =>
    value === undefined ? [] : [`        --${long}${short === undefined ? "" : `|-${short}`}) ${action(value)}; return ;;\n`],
  );
  const listed = flags.flatMap(({ long, short, describe }) =>
    [`--${long}`, ...(short === undefined ? [] : [`-${short}`])].map((flag) => `          ${quoted(`${colons(flag)}:${describe}`)}\n`),
  );
  return `    ${name})
${values.length === 0 ? "" : `      case $words[CURRENT-1] in\n${values.join("")}      esac\n`}      if [[ $PREFIX == -* ]]; then
        found=(
${listed.join("")}        )
        _describe -o -t options option found
      else
        ${operands.length === 0 ? ":" : operands.map(action).join("; ")}
      fi
      ;;
`;
}

function action(kind: Kind): string {
  switch (kind) {
    case "files":
      return "_files";
    case "directories":
      return "_files -/";
    case "services":
      return "_daemonitor_services";
    case "signals":
      return `compadd ${SIGNAL_NAMES.join(" ")}`;
    case "programs":
      return "_command_names -e; _files";
    case "none":
      return ":";
    default:
      return `compadd ${kind.join(" ")}`;
  }
}

/** _describe splits at the first colon. */
function colons(text: string): string {
  return text.replaceAll(":", "\\:");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

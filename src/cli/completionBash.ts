/** The script for bash. It needs nothing of the package bash-completion. */
import { type Kind, type Shape, SIGNAL_NAMES } from "./completionShapes.ts";

export function bashScript(shapes: readonly Shape[]): string {
  const names = shapes.map(({ name }) => name).join(" ");
  return `# bash completion of daemonitor, written by "daemonitor completion bash"

_daemonitor_services() {
  daemonitor status --json 2>/dev/null | tr '{,' '\\n\\n' | sed -n 's/^"name":"\\([^"\\\\]*\\)"$/\\1/p'
}

# Words of a list that begin with what was typed. Names may have blanks in them, so a line is a word.
_daemonitor_lines() {
  local line
  while IFS= read -r line; do
    [[ $line == "$cur"* ]] && COMPREPLY+=("$(printf %q "$line")")
  done
}

_daemonitor_words() {
  COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}

_daemonitor_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY+=($(compgen "$1" -- "$cur"))
}

_daemonitor() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} index
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _daemonitor_words "${names} --help --version"
    return
  fi
  # After "--" it is the program's own command line.
  for ((index = 2; index < COMP_CWORD; index++)); do
    if [[ \${COMP_WORDS[index]} == -- ]]; then
      ((index == COMP_CWORD - 1)) && COMPREPLY=($(compgen -c -- "$cur"))
      _daemonitor_files -f
      return
    fi
  done
  case \${COMP_WORDS[1]} in
${shapes.map(branch).join("")}  esac
}

complete -F _daemonitor daemonitor
`;
}

function branch({ name, flags, operands }: Shape): string {
  const values = flags.flatMap(({ long, short, value }) =>
    value === undefined ? [] : [`        --${long}${short === undefined ? "" : ` | -${short}`}) ${action(value)}; return ;;\n`],
  );
  const words = flags.flatMap(({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]).join(" ");
  return `    ${name})
${values.length === 0 ? "" : `      case $prev in\n${values.join("")}      esac\n`}      if [[ $cur == -* ]]; then
        _daemonitor_words "${words}"
      else
        ${operands.length === 0 ? ":" : operands.map(action).join("; ")}
      fi
      ;;
`;
}

function action(kind: Kind): string {
  switch (kind) {
    case "files":
      return "_daemonitor_files -f";
    case "directories":
      return "_daemonitor_files -d";
    case "services":
      return "_daemonitor_lines < <(_daemonitor_services)";
    case "signals":
      return `_daemonitor_words "${SIGNAL_NAMES.join(" ")}"`;
    case "programs":
      return 'COMPREPLY+=($(compgen -c -- "$cur")); _daemonitor_files -f';
    case "none":
      return ":";
    default:
      return `_daemonitor_words "${kind.join(" ")}"`;
  }
}

/** What a file of environment variables says. */
export interface EnvFile {
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** Numbers of the lines that are none of ours, from 1 up. Their text may be a secret. */
  readonly wrongLines: readonly number[];
}

/**
 * Lines NAME=VALUE, with or without "export" before it. Blank ones and those that start with # are passed over;
 * quotes around a value are taken off. Nothing in a value is expanded.
 *
 * @example
 * parseEnvFile("A=1\nB='2 3'\n").variables; // [["A", "1"], ["B", "2 3"]]
 */
export function parseEnvFile(text: string): EnvFile {
  const variables: [string, string][] = [];
  const wrongLines: number[] = [];
  for (const [index, line] of text
    .replace(/^(?:\uFEFF|\u00EF\u00BB\u00BF)/, "")
    .split("\n")
    .entries()) {
    // Blanks of ASCII only: in a text that was read as latin1, others are bytes of a value.
    const content = line.replace(/^[ \t]+|[ \t\r]+$/g, "");
    if (content === "" || content.startsWith("#")) continue;
    const [, name, value] = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$/.exec(content) ?? [];
    if (name === undefined || value === undefined || value.includes("\0")) wrongLines.push(index + 1);
    else variables.push([name, /^(["'])(.*)\1$/.exec(value)?.[2] ?? value]);
  }
  return { variables, wrongLines };
}

/** `${VAR}` in the strings of a configuration. */
import { given } from "../values/valueError.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export type Substituted =
  | { readonly text: string /** Whether any variable was filled in. */; readonly filled: boolean }
  /** What to say about it; it holds no variable's value. */
  | { readonly wrong: string };

/**
 * Fills variables in: `${NAME}` must be defined, `${NAME:-default}` is the default where NAME is undefined or empty,
 * and `$${` is a plain `${`. Nothing else has a meaning, and what was filled in is not looked at again.
 *
 * @example
 * substitute("${HOST:-localhost}:80", {}); // { text: "localhost:80", filled: true }
 */
export function substitute(text: string, variables: Variables): Substituted {
  if (!text.includes("${")) return { text, filled: false };
  const wrong: string[] = [];
  let filled = false;
  const result = text.replaceAll(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole: string, inside: string | undefined, end: string) => {
    if (inside === undefined) return "${";
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === undefined || end === "") {
      wrong.push(`${given(whole)} is not \${NAME} or \${NAME:-default}; write $\${ for a plain \${`);
      return "";
    }
    filled = true;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
    if (value === undefined) wrong.push(`the variable ${name} is not defined: set it, or write \${${name}:-default}`);
    return value ?? "";
  });
  return wrong.length === 0 ? { text: result, filled } : { wrong: [...new Set(wrong)].join("; ") };
}

/**
 * Text that {@link substitute} gives back as it is.
 *
 * @example
 * literal("${HOME}"); // "$${HOME}"
 */
export function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}

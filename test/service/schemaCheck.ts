/** As much of JSON Schema (draft 7) as schema/daemonitor.schema.json uses; an unknown word is an error. */
type Schema = Readonly<Record<string, unknown>>;

const WORDS_OF_DOCUMENTATION = ["$schema", "title", "description", "examples"];

/** Where the value doesn't fit; empty when it does. */
export function misfits(value: unknown, schema: Schema, path = ""): string[] {
  return Object.entries(schema).flatMap(([word, meant]): string[] => {
    if (WORDS_OF_DOCUMENTATION.includes(word)) return [];
    const check = CHECKS[word];
    if (check === undefined) throw new Error(`unknown word of JSON Schema: ${word}`);
    return check(value, meant, path, schema);
  });
}

const CHECKS: Readonly<Record<string, (value: unknown, meant: unknown, path: string, schema: Schema) => string[]>> = {
  type: (value, meant, path) => ([meant].flat().some((type) => isOfType(value, String(type))) ? [] : [`${path}: not of type ${meant}`]),
  enum: (value, meant, path) => ((meant as unknown[]).includes(value) ? [] : [`${path}: not one of ${meant}`]),
  const: (value, meant, path) => (value === meant ? [] : [`${path}: not ${meant}`]),
  anyOf: (value, meant, path) => ((meant as Schema[]).some((one) => misfits(value, one, path).length === 0) ? [] : [`${path}: fits none`]),
  pattern: (value, meant, path) => (typeof value !== "string" || new RegExp(String(meant), "u").test(value) ? [] : [`${path}: pattern`]),
  minLength: (value, meant, path) => (typeof value !== "string" || value.length >= Number(meant) ? [] : [`${path}: too short`]),
  minimum: (value, meant, path) => (typeof value !== "number" || value >= Number(meant) ? [] : [`${path}: too small`]),
  maximum: (value, meant, path) => (typeof value !== "number" || value <= Number(meant) ? [] : [`${path}: too large`]),
  items: (value, meant, path) => (Array.isArray(value) ? value.flatMap((item, i) => misfits(item, meant as Schema, `${path}[${i}]`)) : []),
  required: (value, meant, path) =>
    isObject(value) ? (meant as string[]).filter((key) => !Object.hasOwn(value, key)).map((key) => `${path}.${key}: missing`) : [],
  properties: (value, meant, path) =>
    isObject(value)
      ? Object.entries(meant as Record<string, Schema>).flatMap(([key, inner]) =>
          Object.hasOwn(value, key) ? misfits(value[key], inner, `${path}.${key}`) : [],
        )
      : [],
  patternProperties: () => [],
  additionalProperties: (value, meant, path, { properties = {}, patternProperties = {} }) =>
    isObject(value)
      ? Object.entries(value)
          .filter(([key]) => !Object.hasOwn(properties as object, key))
          .filter(([key]) => !Object.keys(patternProperties as object).some((pattern) => new RegExp(pattern, "u").test(key)))
          .flatMap(([key, inner]) => (meant === false ? [`${path}.${key}: unknown`] : misfits(inner, meant as Schema, `${path}.${key}`)))
      : [],
};

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

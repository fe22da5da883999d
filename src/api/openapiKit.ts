/** Words of JSON Schema (2020-12, as OpenAPI 3.1 has it), for the hand-written document. */

export type Schema = Readonly<Record<string, unknown>>;

export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
}

/** One where an unknown key is a mistake. */
export function strict(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { ...object(properties, optional), additionalProperties: false };
}

export function list(items: Schema, description?: string): Schema {
  return { type: "array", items, ...described(description) };
}

export function record(value: Schema, description?: string): Schema {
  return { type: "object", additionalProperties: value, ...described(description) };
}

export function text(description?: string): Schema {
  return { type: "string", ...described(description) };
}

export function bool(description?: string): Schema {
  return { type: "boolean", ...described(description) };
}

export function number(description?: string): Schema {
  return { type: "number", ...described(description) };
}

export function count(description?: string): Schema {
  return { type: "integer", minimum: 0, ...described(description) };
}

export function time(description: string): Schema {
  return number(`${description} Milliseconds since 1970.`);
}

export function oneOf(...values: readonly unknown[]): Schema {
  return { enum: values };
}

export function orNull(schema: Schema): Schema {
  return typeof schema.type === "string" ? { ...schema, type: [schema.type, "null"] } : { anyOf: [schema, { type: "null" }] };
}

export function anyOf(...schemas: readonly Schema[]): Schema {
  return { anyOf: schemas };
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function described(description: string | undefined): Schema {
  return description === undefined ? {} : { description };
}

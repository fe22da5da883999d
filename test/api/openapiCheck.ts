/** Answers against the schemas of the OpenAPI document. */
import assert from "node:assert/strict";
import { openApi } from "../../src/api/openapi.ts";
import { misfits } from "../service/schemaCheck.ts";

type Schema = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export const document = openApi("1.2.3") as unknown as Document;

/** Where a value doesn't fit a schema, or the one of that name. */
export function misfitsIn(value: unknown, schema: Schema | string): string[] {
  return misfits(value, resolve(typeof schema === "string" ? { $ref: `#/components/schemas/${schema}` } : schema));
}

/** References replaced by what they name. */
function resolve(schema: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref === "string") {
    const named = document.components.schemas[$ref.replace("#/components/schemas/", "")];
    assert.ok(named !== undefined, `there is no ${$ref}`);
    return resolve(named);
  }
  return inside(schema) as Schema;
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return resolve(value as Schema);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner)]));
}

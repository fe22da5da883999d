/** An entry of `disk`. It is kept as it is written, for the monitor, but a mistake in it is told here, with its place. */
import { CHECK_ACTIONS, SERVICE_ACTIONS } from "../values/checkActions.ts";
import { DISK_ASPECTS, DISK_KEYS, isDiskAspect } from "../values/diskChecks.ts";
import { readActions, readOften, unknownKey } from "../values/diskCheckValues.ts";
import { given } from "../values/valueError.ts";
import type { DiskConfig } from "./configTypes.ts";
import { attempt, type JsonSchema, type Kind } from "./kind.ts";
import type { Place } from "./place.ts";
import { json } from "./plainJson.ts";
import { path } from "./scalars.ts";
import { isPlainObject } from "./structures.ts";

const amount: JsonSchema = { type: ["string", "number"] };
const oneKey = (key: string): JsonSchema => ({
  type: "object",
  properties: { [key]: amount },
  required: [key],
  additionalProperties: false,
});
const bound: JsonSchema = { anyOf: [oneKey("above"), oneKey("below")] };
const words: JsonSchema = { anyOf: [{ type: "string" }, { type: "array", items: { type: ["string", "number"] } }] };
const action: JsonSchema = {
  anyOf: [
    { enum: CHECK_ACTIONS.filter((name) => !SERVICE_ACTIONS.has(name)) },
    { type: "object", properties: { exec: words }, required: ["exec"], additionalProperties: false },
  ],
};

const ASPECT_SCHEMAS: Readonly<Record<keyof typeof DISK_ASPECTS, JsonSchema>> = {
  free: bound,
  inodes: bound,
  readOnly: { const: true },
  full: oneKey("within"),
  size: bound,
  files: bound,
  growth: bound,
  age: bound,
  checksum: { anyOf: [{ const: true }, { type: "string" }] },
  content: { type: ["string", "object"] },
  exists: { type: "boolean" },
};

/** What completes "… is not" where variables were filled in, and the value is nobody's business. */
const MEANT = "what docs/checks.md has for it";

export const diskCheck: Kind<DiskConfig> = {
  label: "disk check",
  meant: 'an object such as { path: "/var", free: { below: "10%" }, then: "alert" }',
  schema: {
    type: "object",
    properties: {
      path: { type: "string", minLength: 1 },
      ...ASPECT_SCHEMAS,
      for: { type: "string" },
      then: { anyOf: [action, { type: "array", items: action }] },
    },
    required: ["path"],
    additionalProperties: false,
  },
  read(value, at) {
    if (!isPlainObject(value)) return at.error(`${given(value)} is not ${diskCheck.meant}`, { value });
    if (value.path === undefined || value.path === null) return at.error('"path" is needed');
    const before = at.problems.length;
    const { path: _, ...rest } = value;
    const where = path.read(value.path, at.at("path"));
    const read = json.read(rest, at);
    if (where === undefined || !isPlainObject(read) || at.problems.length > before) return undefined;
    for (const [key, filled] of Object.entries(read)) check(key, filled, value[key], at.at(key));
    if (at.problems.length === before && !Object.keys(read).some(isDiskAspect)) {
      at.error(`it says nothing to check of ${at.shown(where)}: give ${Object.keys(DISK_ASPECTS).join(", ")}`);
    }
    return at.problems.length > before ? undefined : { ...read, path: where };
  },
};

function check(key: string, filled: unknown, written: unknown, at: Place): void {
  if (filled === null) return;
  const hasVariables = JSON.stringify(filled) !== JSON.stringify(written);
  attempt(MEANT, written, hasVariables, at, () => {
    if (isDiskAspect(key)) return DISK_ASPECTS[key](filled);
    if (key === "for") return readOften(filled);
    if (key === "then") return readActions(filled);
    return unknownKey(key, DISK_KEYS);
  });
}

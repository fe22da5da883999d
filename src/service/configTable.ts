/** The keys of a configuration besides its services. */
import { given } from "../values/valueError.ts";
import { alert } from "./alertTable.ts";
import type { DiskConfig } from "./configTypes.ts";
import type { Kind } from "./kind.ts";
import { json } from "./plainJson.ts";
import { path, text } from "./scalars.ts";
import { isPlainObject, listOf } from "./structures.ts";
import { key, optionalKey } from "./table.ts";

const diskCheck: Kind<DiskConfig> = {
  label: "disk check",
  meant: 'an object such as { path: "/var", free: { below: "10%" }, then: "alert" }',
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  read(value, at) {
    if (!isPlainObject(value)) return at.error(`${given(value)} is not ${diskCheck.meant}`, { value });
    if (value.path === undefined || value.path === null) return at.error('"path" is needed');
    const { path: _, ...rest } = value;
    const where = path.read(value.path, at.at("path"));
    const read = json.read(rest, at);
    return where === undefined || !isPlainObject(read) ? undefined : { ...read, path: where };
  },
};

/** `services` is read apart: see checkConfig. */
export const CONFIG_KEYS = {
  disk: key(listOf(diskCheck), {
    doc: "Disk checks: each has a `path`. They are kept as they are for the monitor, which will check the rest.",
    default: [],
    example: [{ path: "/var", free: { below: "10%" }, then: ["alert", "prune-logs"] }],
  }),
  alerts: key(listOf(alert), {
    doc: "Where alerts go: each has one of `webhook`, `exec` and `mail`.",
    default: [],
    example: [{ webhook: "https://example.com/alerts" }, { exec: ["./page-me.sh"] }],
  }),
  $schema: optionalKey(text, {
    doc: "Address of the JSON Schema, for editors.",
    example: "./node_modules/daemonitor/schema/daemonitor.schema.json",
  }),
};

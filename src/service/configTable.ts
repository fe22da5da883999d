/** The keys of a configuration besides its services. */
import { alert } from "./alertTable.ts";
import { diskCheck } from "./diskTable.ts";
import { text } from "./scalars.ts";
import { listOf } from "./structures.ts";
import { key, optionalKey } from "./table.ts";

/** `services` is read apart: see checkConfig. */
export const CONFIG_KEYS = {
  disk: key(listOf(diskCheck), {
    doc: "Disk checks: each has a `path`, and what is checked of it.",
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

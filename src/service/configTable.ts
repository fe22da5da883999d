/** The keys of a configuration besides its services. */
import { given } from "../values/valueError.ts";
import { command } from "./commandKinds.ts";
import type { AlertConfig, DiskConfig } from "./configTypes.ts";
import type { Kind } from "./kind.ts";
import type { Place } from "./place.ts";
import { path, text, url } from "./scalars.ts";
import { isPlainObject, listOf } from "./structures.ts";
import { key, optionalKey } from "./table.ts";

/** A value as JSON keeps it, its variables filled in. */
const json: Kind<unknown> = { label: "any", meant: "a value that JSON has", schema: {}, read: (value, at) => readJson(value, at, []) };

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

const alert: Kind<AlertConfig> = {
  label: "alert",
  meant: 'an object such as { webhook: "https://…" } or { exec: ["./page-me.sh"] }',
  schema: {
    type: "object",
    properties: { webhook: url.schema, exec: command.schema, mail: { type: "string" } },
    anyOf: [{ required: ["webhook"] }, { required: ["exec"] }, { required: ["mail"] }],
  },
  read(value, at) {
    if (!isPlainObject(value)) return at.error(`${given(value)} is not ${alert.meant}`, { value });
    const { webhook, exec, mail, ...rest } = value;
    if ([webhook, exec, mail].filter((target) => target !== undefined && target !== null).length !== 1) {
      return at.error('exactly one of "webhook", "exec" and "mail" is needed');
    }
    const read = json.read(rest, at);
    const target = {
      ...(webhook === undefined ? {} : { webhook: url.read(webhook, at.at("webhook")) }),
      ...(exec === undefined ? {} : { exec: command.read(exec, at.at("exec")) }),
      ...(mail === undefined ? {} : { mail: text.read(mail, at.at("mail")) }),
    };
    return isPlainObject(read) ? { ...read, ...target } : undefined;
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
    doc: "Where alerts go: each has one of `webhook`, `exec` and `mail`. They are kept as they are for the monitor, which will check the rest.",
    default: [],
    example: [{ webhook: "https://example.com/alerts" }, { exec: ["./page-me.sh"] }],
  }),
  $schema: optionalKey(text, {
    doc: "Address of the JSON Schema, for editors.",
    example: "./node_modules/daemonitor/schema/daemonitor.schema.json",
  }),
};

function readJson(value: unknown, at: Place, parents: readonly unknown[]): unknown {
  if (typeof value === "string") return at.fill(value)?.text;
  if (value === null || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
  if (parents.includes(value)) return at.error("it contains itself");
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item: unknown, index) => readJson(item, at.at(index), inside));
  if (!isPlainObject(value)) return at.error(`${given(value)} is nothing that JSON has`, { value });
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([name, item]) => [name, readJson(item, at.at(name), inside)]));
}

/**
 * Writes what describes configurations, from the tables of keys:
 *
 *   schema/daemonitor.schema.json   for editors
 *   docs/specification.md           for people
 *
 * Both are checked in; test/service/documents.test.ts fails when they are stale.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { jsonSchema } from "./jsonSchema.ts";
import "./root.ts";
import { specificationPage } from "./specificationPage.ts";

mkdirSync("schema", { recursive: true });
writeFileSync("schema/daemonitor.schema.json", jsonSchema());
writeFileSync("docs/specification.md", specificationPage());
execFileSync("node_modules/.bin/biome", ["format", "--write", "schema"], { stdio: ["ignore", "ignore", "inherit"] });

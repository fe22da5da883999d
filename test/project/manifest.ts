/** package.json, as far as the tests look at it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/run.ts";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The oldest Node we run on, from `engines`: the one place that says so. */
export const leastNode: readonly [number, number] = parse(manifest.engines.node);

function parse(range: string): [number, number] {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(range) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`engines.node is "${range}", not like ">=22.18"`);
  return [Number(major), Number(minor)];
}

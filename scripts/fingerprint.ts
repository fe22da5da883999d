/** Tells whether something built is still what its sources would give. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * A hash over the contents of `files` and over `settings` (flags, versions of tools).
 * Contents and not times: a checkout gives all files the time of the checkout.
 */
export function fingerprint(files: readonly string[], settings: readonly string[]): string {
  const hash = createHash("sha1");
  for (const setting of settings) hash.update(`${setting}\0`);
  for (const file of [...files].sort()) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** Whether `file` exists and carries `mark` in its bytes. */
export function carries(file: string, mark: Buffer | string): boolean {
  try {
    return readFileSync(file).includes(mark);
  } catch {
    return false;
  }
}

/** Text that stays text: names and messages come from anywhere. Pure. */
import { harmless } from "../../values/textWidth.ts";

/**
 * For HTML, between tags and in quoted attributes.
 *
 * @example
 * escapeHtml("<img onerror=…>"); // "&lt;img onerror=…&gt;"
 */
export function escapeHtml(text: string): string {
  return harmless(text).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };

/**
 * For a line or a table's cell of Markdown: nothing of it is markup, HTML, or the end of the cell, and no address becomes a
 * link by itself.
 */
export function escapeMarkdown(text: string): string {
  return (
    harmless(text)
      .replaceAll(/[\\`*_{}[\]#!|~$]/g, "\\$&")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll("@", "&#64;")
      .replaceAll("://", "&#58;//")
      .replaceAll(/\bwww\./gi, (found) => `${found.slice(0, -1)}&#46;`)
      // The beginning of a list.
      .replace(/^(\s*)([-+])/, "$1\\$2")
      .replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2")
  );
}

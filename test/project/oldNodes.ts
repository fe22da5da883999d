/** Finds a Node on this machine that is too old for us. */
import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { delimiter } from "node:path";

/** Path of a Node below `least`, outside node_modules, or why there is none. */
export function findOldNode(least: readonly [number, number]): { readonly path: string } | { readonly reason: string } {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  for (const folder of new Set(folders.filter((name) => name.startsWith("/") && !name.includes("node_modules")))) {
    const path = `${folder}/node`;
    const [major, minor] = versionOf(path);
    if (major < least[0] || (major === least[0] && minor < least[1])) return { path: realpathSync(path) };
  }
  return { reason: `no Node below ${least.join(".")} is installed` };
}

function versionOf(path: string): [number, number] {
  try {
    const [major, minor] = execFileSync(path, ["-p", "process.versions.node"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).split(".");
    return [Number(major), Number(minor)];
  } catch {
    return [Number.POSITIVE_INFINITY, 0];
  }
}

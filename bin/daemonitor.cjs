#!/usr/bin/env node
// Old syntax on purpose, and CommonJS, which starts 4 ms sooner than a module.
"use strict";

// The version is that of package.json's `engines`, which a test compares; the build takes these lines for the library too.
// <requires>
(function () {
  var least = [22, 18];
  var found = process.versions.node.split(".");
  if (+found[0] > least[0] || (+found[0] === least[0] && +found[1] >= least[1])) return;
  process.stderr.write(
    "daemonitor needs Node.js " +
      least.join(".") +
      " or newer; this is " +
      process.versions.node +
      " (" +
      process.execPath +
      "): install a newer one, or put it first on PATH\n"
  );
  process.exit(69);
})();
// </requires>

var fs = require("fs");
// The commands that must start soonest have bundles without the others.
var small = { daemonize: "daemonize", status: "status", ls: "status", list: "status" };
var command = Object.hasOwn(small, process.argv[2]) ? small[process.argv[2]] : "cli";
var bundle = __dirname + "/../dist/" + command + ".cjs";

// A package carries its bundle; a checkout that hasn't been built runs its sources.
if (fs.existsSync(bundle)) {
  useCompileCache();
  require(bundle);
} else {
  require("../src/cli/main.ts");
}

// Compiling the bundle takes longer than anything else that the command does. Who can write to the cache can run code as its user,
// so it is never a shared directory such as Node's default in /tmp: one of the user's own, closed to others, or none.
function useCompileCache() {
  var folder = cacheFolder();
  if (folder === undefined || process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  try {
    makeFolder(folder);
    if (isPrivate(fs.lstatSync(folder))) require("module").enableCompileCache(folder);
  } catch (_error) {
    // It only saves time: without it, the command does the same.
  }
}

// One parent at most: mkdirSync with `recursive` never returns where mkdir(2) answers ENOENT though the parent exists (/proc).
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  var parent = folder.replace(/\/[^/]*$/, "");
  if (!fs.existsSync(parent)) fs.mkdirSync(parent, 448 /* 0700 */);
  fs.mkdirSync(folder, 448);
}

function isPrivate(stats) {
  return stats.isDirectory() && stats.uid === process.geteuid() && (stats.mode & 63) /* 0077 */ === 0;
}

function cacheFolder() {
  var uid = process.getuid();
  if (uid !== process.geteuid()) return undefined;
  if (uid === 0) return "/var/cache/daemonitor";
  var base = process.env.XDG_CACHE_HOME || (process.env.HOME && process.env.HOME + "/.cache");
  return base && base.charAt(0) === "/" ? base + "/daemonitor" : undefined;
}

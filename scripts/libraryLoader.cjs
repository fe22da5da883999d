// The body of dist/index.cjs, after the check of Node's version; also run by the build, which keeps what was compiled.
// Compiling the library takes longer than all the rest of importing it, so the compiled code travels along. It fits one
// version of V8: any other, or other flags, refuse it and compile as always.
"use strict";

var fs = require("fs");
var file = __dirname + "/library.cjs";
var source = fs.readFileSync(file, "utf8");
var script = new (require("vm").Script)("(function (exports, require, module, __filename, __dirname) {" + source + "\n})", {
  filename: file,
  cachedData: readCache(),
});

script.runInThisContext().call(module.exports, module.exports, require, module, file, __dirname);

// V8 compares no more of the source than its length: a library that somebody has edited since is compiled.
function readCache() {
  var cache = __dirname + "/library.cache";
  try {
    return fs.statSync(file).mtimeMs > fs.statSync(cache).mtimeMs ? undefined : fs.readFileSync(cache);
  } catch (_error) {
    return undefined;
  }
}

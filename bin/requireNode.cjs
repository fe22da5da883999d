// Old syntax on purpose: this must be understood by the Node that it turns away.
// The version it requires is package.json's `engines`; a test compares the two.
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

/** Takes the terminal, and fails in the way that its argument names. */
import { openTerminal } from "../../src/tui/terminal.ts";

const terminal = openTerminal({ onKey() {}, onResize() {}, onEnd() {}, onRedraw() {} });
terminal.write("on the screen");
const [way] = process.argv.slice(2);
setTimeout(() => {
  if (way === "exit") process.exit(7);
  if (way === "rejection") void Promise.reject(new Error("a mistake"));
  else throw new Error("a mistake");
}, 50);

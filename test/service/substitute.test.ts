import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { literal, substitute } from "../../src/service/substitute.ts";
import { errorsOfService } from "./problems.ts";

const variables = { A: "a value", EMPTY: "", DOLLAR: "${A}" };
const text = (source: string) => {
  const result = substitute(source, variables);
  return "wrong" in result ? `! ${result.wrong}` : result.text;
};

test("variables are filled in, with defaults, once", () => {
  assert.equal(text("x${A}y${A}"), "xa valueya value");
  assert.equal(text("${NOPE:-d}${EMPTY:-e}${EMPTY}${A:-f}"), "dea value");
  assert.equal(text("${DOLLAR}"), "${A}");
  assert.equal(text("${NOPE:-}"), "");
  assert.equal(text("$A $ $$ {A}"), "$A $ $$ {A}");
  assert.equal(text("$${A} ${A}"), "${A} a value");
});

test("an undefined variable is named, with what to do", () => {
  assert.equal(text("${NOPE}"), "! the variable NOPE is not defined: set it, or write ${NOPE:-default}");
  assert.equal(text("${__proto__}"), "! the variable __proto__ is not defined: set it, or write ${__proto__:-default}");
});

test("what isn't ${NAME} is an error that says how to write a plain one", () => {
  for (const source of ["${", "${}", "${1}", "${A", "${A:?x}", "${A-x}"]) assert.match(text(source), /write \$\$\{ for a plain \$\{$/);
});

test("a literal text comes back as it was", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[${}A:-]*$/)), (source) => assert.equal(text(literal(source)), source)));
});

test("an undefined variable is an error of the key it is in", async () => {
  assert.deepEqual(await errorsOfService({ command: ["true", "${NOPE}"], env: { A: "${NOPE}" }, nice: "${NOPE}" }), [
    "command[1]: the variable NOPE is not defined: set it, or write ${NOPE:-default}",
    "env.A: the variable NOPE is not defined: set it, or write ${NOPE:-default}",
    "nice: the variable NOPE is not defined: set it, or write ${NOPE:-default}",
  ]);
});

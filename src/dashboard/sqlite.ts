/** Node's SQLite, loaded when the first database is opened: nothing else of the dashboard needs it. */
import type { DatabaseSync } from "node:sqlite";
import { quietly } from "./quietly.ts";

/** @throws what node:sqlite throws: an Error with `errcode`, SQLite's own */
export function openDatabase(path: string): DatabaseSync {
  return quietly(() => new (process.getBuiltinModule("node:sqlite").DatabaseSync)(path));
}

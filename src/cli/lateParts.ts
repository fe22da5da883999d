/** What commands load late, since few need it and it is a third of a megabyte. Bundled apart: see scripts/build-dist.ts. */
export * from "../service/configuration.ts";
export { composeFile, composeService } from "./composition.ts";

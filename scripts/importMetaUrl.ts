/** What `import.meta.url` becomes in a CommonJS bundle; left out where nothing asks for it. */
import { pathToFileURL } from "node:url";

export const importMetaUrl: string = /* @__PURE__ */ (() => pathToFileURL(__filename).href)();

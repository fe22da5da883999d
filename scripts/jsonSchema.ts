/** The JSON Schema of configurations, from the tables of keys. Draft 7: what editors know best, for YAML too. */
import { CONFIG_KEYS } from "../src/service/configTable.ts";
import { SERVICE_KEYS } from "../src/service/serviceTable.ts";
import { section } from "../src/service/structures.ts";

export function jsonSchema(): string {
  const service = section(SERVICE_KEYS).schema;
  const config = section(CONFIG_KEYS).schema as { readonly properties: object };
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "daemonitor configuration",
    description: "Services that daemonitor keeps running.",
    type: "object",
    properties: {
      services: {
        description: "The services by name.",
        type: "object",
        additionalProperties: {
          ...service,
          anyOf: [{ required: ["command"] }, { required: ["script"] }],
        },
      },
      ...config.properties,
    },
    patternProperties: { "^x-": { description: "Ignored: a place for what YAML anchors share." } },
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

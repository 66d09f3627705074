import { Ajv } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import formats from "ajv-formats"
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** What a published schema has against a document, one line each; empty where it is valid. */
export const errorsBy = (schema: object): ((document: unknown) => ReadonlyArray<string>) => {
  const is2020 = JSON.stringify(schema).includes("draft/2020-12/schema")
  const ajv = is2020 ? new Ajv2020({ strict: false, allErrors: true }) : new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  const validate = ajv.compile(schema)
  return (document) => {
    validate(document)
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`)
  }
}

/** One of the copies beside this module. */
export const published = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, "schemas", name), "utf8"))

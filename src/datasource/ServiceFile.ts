import { Either } from "effect"
import type { Parameters } from "./ConnectionParameters.ts"

/**
 * The parameters of a service in the text of a `pg_service.conf`: `parameter=value` lines below `[name]`. Undefined if the file does not define
 * the service; left is the number, from 1, of a line of the service that is not valid.
 */
export const serviceIn = (file: string, service: string): Either.Either<Parameters | undefined, number> => {
  let found: Map<string, string> | undefined
  let isWanted = false
  for (const [index, raw] of file.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === "" || line.startsWith("#")) continue
    if (line.startsWith("[")) {
      // Of several definitions, the first counts.
      if (found !== undefined) break
      isWanted = line === `[${service}]`
      if (isWanted) found = new Map()
      continue
    }
    if (!isWanted) continue
    const [, name, value] = /^([a-z_]+)=([^]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || name === "service" || found?.has(name) === true) {
      return Either.left(index + 1)
    }
    found?.set(name, value)
  }
  return Either.right(found)
}

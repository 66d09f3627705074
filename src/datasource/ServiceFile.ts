import { Either } from "effect"
import type { Parameters } from "./ConnectionParameters.ts"

/**
 * A service's parameters in the text of a `pg_service.conf`: `[name]`, and below it `parameter=value` lines. Undefined where the file
 * has no such service; left is the number of a line that cannot be read.
 */
export const serviceIn = (file: string, service: string): Either.Either<Parameters | undefined, number> => {
  let found: Map<string, string> | undefined
  let isWanted = false
  for (const [index, raw] of file.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === "" || line.startsWith("#")) continue
    if (line.startsWith("[")) {
      // The first of that name counts.
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

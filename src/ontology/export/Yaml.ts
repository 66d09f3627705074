import type { Steps } from "../../steps/Steps.ts"
import { wellFormed } from "./Names.ts"

/** What YAML can say: JSON, but for members that are undefined, which are left out. */
export type YamlValue =
  | string
  | number
  | boolean
  | ReadonlyArray<YamlValue>
  | { readonly [key: string]: YamlValue | undefined }

/** A value as a YAML document, read alike by YAML 1.1 and 1.2: block style, every text in double quotes. Keys are plain words of ours. */
export function* toYaml(value: YamlValue): Steps<string> {
  const lines: Array<string> = []
  yield* block(lines, value, "")
  return `${lines.join("\n")}\n`
}

/** Adds the lines of a list or mapping. */
function* block(lines: Array<string>, value: YamlValue, indent: string): Steps<void> {
  if (Array.isArray(value)) {
    for (const item of value) {
      const before = lines.length
      yield* member(lines, item, `${indent}-`, `${indent}  `)
      // The first line of a mapping stands beside its dash.
      if (lines[before] === `${indent}-` && !Array.isArray(item))
        lines.splice(before, 2, `${indent}- ${(lines[before + 1] ?? "").trimStart()}`)
    }
  } else if (typeof value === "object") {
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) yield* member(lines, each, `${indent}${key}:`, `${indent}  `)
    }
  }
  yield
}

/** Adds what stands behind a key or dash: on the same line, or below it. */
function* member(lines: Array<string>, value: YamlValue, head: string, indent: string): Steps<void> {
  if (typeof value !== "object") lines.push(`${head} ${scalar(value)}`)
  else if (Object.values(value).every((each) => each === undefined))
    lines.push(`${head} ${Array.isArray(value) ? "[]" : "{}"}`)
  else {
    lines.push(head)
    yield* block(lines, value, indent)
  }
}

/** Characters that YAML does not print, or that break a line in it. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

const scalar = (value: string | number | boolean): string =>
  typeof value === "string"
    ? JSON.stringify(wellFormed(value)).replace(
        UNPRINTABLE,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      )
    : String(value)

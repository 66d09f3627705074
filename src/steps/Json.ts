import type { Steps } from "./Steps.ts"

/** `JSON.stringify(value, null, 2)` in parts, a member a step down to `depth` levels: to join them takes long where they are megabytes. */
export function* jsonInSteps(value: unknown, depth: number): Steps<ReadonlyArray<string>> {
  const parts: Array<string> = []
  yield* indented(parts, value, "", depth)
  return parts
}

/** Adds the parts of `JSON.stringify(value, null, 2)` to `parts`; lines after the first begin with `indent`. */
function* indented(parts: Array<string>, value: unknown, indent: string, depth: number): Steps<void> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    yield
    parts.push(JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`))
    return
  }
  const inner = `${indent}  `
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"]
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  parts.push(open)
  for (const [place, [name, member]] of members.entries()) {
    parts.push(`${place === 0 ? "" : ","}\n${inner}${Array.isArray(value) ? "" : `${JSON.stringify(name)}: `}`)
    yield* indented(parts, member, inner, depth - 1)
  }
  parts.push(members.length === 0 ? close : `\n${indent}${close}`)
}

import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { FORMATS } from "../../src/findings/Formats.ts"

describe("The table of formats", () => {
  it("is the README's", () => {
    const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")
    const rows = FORMATS.map(({ file, name, purpose }) => `| \`${name}\` | \`${file}\` | ${purpose} |`)
    expect(readme).toContain(`| --- | --- | --- |\n${rows.join("\n")}\n\n`)
  })

  it("has every name and file once", () => {
    expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length)
    expect(new Set(FORMATS.map(({ file }) => file)).size).toBe(FORMATS.length)
  })
})

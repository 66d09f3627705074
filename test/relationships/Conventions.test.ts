import { describe, expect, it } from "@effect/vitest"
import { CONVENTIONS } from "./conventions.ts"
import { DOCUMENTS } from "./documentConventions.ts"
import { invent, references } from "./invented.ts"
import { infer, of } from "./schema.ts"
import { ROLES } from "./roleConventions.ts"
import { SHORTENED } from "./shortenedConventions.ts"

/** Columns in order, so that two composite references that say the same read the same. */
const ordered = (reference: string): string => {
  const [, from, columns = "", to, others = ""] = /^(.*)\((.*)\) (.*)\((.*)\)$/.exec(reference) ?? []
  const targets = others.split(",")
  const pairs = columns
    .split(",")
    .map((column, i) => `${column} ${targets[i]}`)
    .sort()
  return `${from} ${to}: ${pairs.join(", ")}`
}

/** A single column's part of a composite reference says nothing that that does not. */
const parts = (reference: string): ReadonlyArray<string> => {
  const [, from, columns = "", to, others = ""] = /^(.*)\((.*)\) (.*)\((.*)\)$/.exec(reference) ?? []
  const targets = others.split(",")
  return columns.split(",").map((column, i) => ordered(`${from}(${column}) ${to}(${targets[i]})`))
}

/** What refers to a column refers to what that refers to as well: both are true of the data. */
const followed = (references: ReadonlyArray<string>): ReadonlyArray<string> => {
  const pairs = references.map((each) => /^(.*) (.*): (.*) (.*)$/.exec(each)?.slice(1) ?? [])
  return [
    ...references,
    ...pairs.flatMap(([from, through, column, passed]) =>
      pairs.flatMap(([table, to, by, target]) =>
        table === through && by === passed ? [`${from} ${to}: ${column} ${target}`] : []
      )
    )
  ]
}

describe("schemas of other conventions, their references undeclared", () => {
  for (const [convention, tables] of Object.entries({ ...CONVENTIONS, ...SHORTENED, ...ROLES, ...DOCUMENTS })) {
    it(`finds what refers to what in ${convention}, and nothing else`, () => {
      const truth = references(tables)
      const found = infer(invent(tables))
      const accepted = of(found, "accepted").map(ordered)
      const known = new Set(truth.map(ordered))
      const implied = new Set(followed(truth.flatMap(parts)))
      expect(truth.filter((each) => !accepted.includes(ordered(each)))).toEqual([])
      expect(accepted.filter((each) => !known.has(each) && !implied.has(each))).toEqual([])
    })
  }
})

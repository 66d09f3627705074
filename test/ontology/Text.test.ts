import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { buildOntology } from "../../src/ontology/Build.ts"
import { toMarkdown } from "../../src/ontology/Markdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { textOf } from "./context/textOf.ts"
import { changed, made } from "./shop.ts"

it.live("a key that nobody declared is found in the data, or by name where there are no rows, in every file", () =>
  Effect.gen(function* () {
    const keyed = (rows: number, entity: { readonly keyDeclared: boolean; readonly sampled?: boolean }) =>
      changed(made([{ table: "visits", name: "Visit", rows, columns: [{ name: "id", type: "integer" }] }]), "visits", {
        entity
      })
    const written = (...of: Parameters<typeof keyed>) => atOnce(toMarkdown(buildOntology(keyed(...of))))
    expect(written(9, { keyDeclared: false })).toContain("key `id` (found in the data)")
    expect(written(0, { keyDeclared: false })).toContain("key `id` (by name)")
    expect(written(0, { keyDeclared: false, sampled: true })).toContain("key `id` (by name)")
    expect(written(0, { keyDeclared: true })).toMatch(/key `id`$/m)
    expect(yield* textOf(keyed(0, { keyDeclared: false }))).toContain("visits (no rows) key id (by name)")
    expect(yield* textOf(keyed(0, { keyDeclared: true }))).toMatch(/visits \(no rows\) key id$/m)
  })
)

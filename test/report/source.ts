import { buildOntology } from "../../src/ontology/Build.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import type { Source } from "../../src/report/Source.ts"
import { made, shop } from "../ontology/shop.ts"

/** What a report of a made-up database is made from. */
export const sourceOf = (discovered: Discovered): Source => ({
  database: discovered.catalog.database,
  catalog: discovered.catalog,
  entities: discovered.entities,
  relationships: discovered.relationships,
  ontology: buildOntology(discovered),
  profiles: discovered.profiles
})

/** The shop, with a reference whose signals were summed up, one for a person, and a histogram. */
export const shopSource: Source = (() => {
  const source = sourceOf(shop)
  const lines = [
    { signal: "name.key", points: 3.4, why: "it is called as the key" },
    { signal: "prior", points: -5.5, why: "most columns refer to nothing" },
    { signal: "values", points: 4.1, why: "every value is there" }
  ]
  return {
    ...source,
    relationships: source.relationships.map((each) => ({ ...each, evidence: { ...each.evidence, lines } })),
    profiles: source.profiles.map((profile) => ({
      ...profile,
      columns: profile.columns.map((column) =>
        column.column === "ordered_at"
          ? { ...column, histogram: { low: "2022-01-01", high: "2023-12-31", rows: [1, 0, 5, 9, 2] } }
          : column
      )
    }))
  }
})()

/** Would run if any name or value were taken for markup. */
export const MARKUP = `<img src=x onerror="window.taken=1">`

/** Names, values and comments that are markup, and ends of what they stand in. */
export const hostile: Source = (() => {
  const source = sourceOf(
    made(
      [
        {
          table: MARKUP,
          name: `Thing ${MARKUP}`,
          rows: 40,
          columns: [
            { name: "id", type: "integer" },
            {
              name: `</script><script>window.taken=1</script>`,
              type: "text",
              comment: `--> ]]> ${MARKUP} \u2028`,
              profile: {
                distinct: 2,
                sample: [MARKUP, "'\""],
                common: [
                  { value: MARKUP, count: 30 },
                  { value: `'"&<`, count: 10 }
                ]
              }
            }
          ]
        },
        {
          table: `a/b#c?d%20"'`,
          name: "Other",
          rows: 90,
          columns: [
            { name: "id", type: "integer" },
            { name: `${MARKUP}_id`, type: "integer" }
          ]
        }
      ],
      [{ from: [`a/b#c?d%20"'`, `${MARKUP}_id`], to: [MARKUP, "id"], orphanRows: 3, unmatched: 1 }],
      `shop ${MARKUP}`
    )
  )
  const notRead = [{ schema: "public", table: MARKUP + MARKUP, reason: `</script>${MARKUP}` }]
  return { ...source, ontology: { ...source.ontology, notRead } }
})()

import { Order } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import type { Ontology } from "./Ontology.ts"

/** A table or column that fits some words. */
export interface Hit {
  readonly kind: "table" | "column"
  /** `schema.table`, with `.column` for a column. */
  readonly id: string
  /** What it is called in words. */
  readonly label: string
  readonly description: string
  /** What the words were found in. */
  readonly where: "name" | "synonym" | "value" | "description"
  /** The value with the words in it; only of a hit by value. */
  readonly value?: string
}

/** Points of a word by what it is found in, and how: a whole word counts twice as much as a part of one. */
const POINTS = { name: 8, synonym: 6, value: 5, description: 2 } as const

interface Text {
  readonly where: Hit["where"]
  readonly text: string
}

/** The texts of a table or column in which words are looked for. */
interface Entry extends Pick<Hit, "kind" | "id" | "label" | "description"> {
  readonly texts: ReadonlyArray<Text>
}

/**
 * Tables and columns in whose names, synonyms, values or descriptions all words of a query occur, best first; of equal ones tables first, then
 * by id. Values of personal data are in no ontology, and so never found.
 */
export const search = (ontology: Ontology, query: string): ReadonlyArray<Hit> => {
  const words = wordsOf(query)
  if (words.length === 0) return []
  return entriesOf(ontology)
    .flatMap((entry) => {
      const found = words.map((word) => best(entry, word))
      const points = found.map((each) => each?.points ?? 0)
      if (points.includes(0)) return []
      const [main] = found.toSorted((a, b) => (b?.points ?? 0) - (a?.points ?? 0))
      const { description, id, kind, label } = entry
      const hit: Hit = {
        ...{ kind, id, label, description, where: main?.where ?? "name" },
        ...(main?.where === "value" ? { value: main.text } : {})
      }
      return [{ hit, points: points.reduce((sum, each) => sum + each, 0) / words.length }]
    })
    .sort((a, b) => b.points - a.points || Order.string(b.hit.kind, a.hit.kind) || Order.string(a.hit.id, b.hit.id))
    .map(({ hit }) => hit)
}

const wordsOf = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

const entriesOf = ({ entities }: Ontology): ReadonlyArray<Entry> =>
  entities.flatMap((entity) => [
    {
      kind: "table" as const,
      id: tableId(entity),
      label: entity.name,
      description: entity.description,
      texts: [
        ...[entity.table, entity.name].map((text): Text => ({ where: "name", text })),
        ...entity.synonyms.map((text): Text => ({ where: "synonym", text })),
        { where: "description" as const, text: entity.description }
      ]
    },
    ...entity.columns.map((column) => ({
      kind: "column" as const,
      id: `${tableId(entity)}.${column.name}`,
      label: column.label,
      description: column.description,
      texts: [
        ...[column.name, column.label].map((text): Text => ({ where: "name", text })),
        ...column.synonyms.map((text): Text => ({ where: "synonym", text })),
        ...(column.values ?? []).map(({ label, value }): Text => ({
          where: "value",
          text: label === null ? value : `${value} = ${label}`
        })),
        { where: "description" as const, text: `${column.description} ${column.comment ?? ""}` }
      ]
    }))
  ])

/** The best place of a word in an entry. */
const best = ({ texts }: Entry, word: string) => {
  let found: (Text & { readonly points: number }) | undefined
  for (const each of texts) {
    const isWhole = wordsOf(each.text).some((one) => one === word || one === `${word}s` || `${one}s` === word)
    const points = isWhole ? 2 * POINTS[each.where] : each.text.toLowerCase().includes(word) ? POINTS[each.where] : 0
    if (points > (found?.points ?? 0)) found = { ...each, points }
  }
  return found
}

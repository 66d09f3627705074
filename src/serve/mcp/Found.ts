import { Effect, Option } from "effect"
import { tableId, type TableName } from "../../datasource/Catalog.ts"
import { nearest } from "../../language/Nearest.ts"
import type { Ontology, OntologyColumn, OntologyEntity } from "../../ontology/Ontology.ts"
import { OntologyWorkflowService } from "../../ontology/OntologyWorkflowService.ts"
import { ToolError } from "./McpTool.ts"
import { Subject } from "./Subject.ts"

/** The ontology of the subject. Fails with a `ToolError` where it is not built yet. */
export const ontology = Effect.gen(function* () {
  const { target } = yield* Subject
  const { ontology } = yield* OntologyWorkflowService
  const { datasourceId, name, projectId } = yield* target
  const found = yield* ontology(projectId, datasourceId)
  return yield* Option.match(found, {
    onSome: Effect.succeed,
    onNone: () => new ToolError({ message: `the ontology of ${name} is not built yet: discover it first` })
  })
})

/** `orders` in the schema `public`, otherwise `schema.orders`. */
export const shortName = ({ schema, table }: TableName): string => (schema === "public" ? table : `${schema}.${table}`)

/** The table that a model named: `orders`, `shop.orders`, or the entity's name. Fails with the nearest names. */
export const tableNamed = ({ entities }: Ontology, asked: string): Effect.Effect<OntologyEntity, ToolError> => {
  const spelled = asked.trim().toLowerCase()
  const groups = [tableId, ({ table }: OntologyEntity) => table, ({ name }: OntologyEntity) => name].map((spelling) =>
    entities.filter((entity) => spelling(entity).toLowerCase() === spelled)
  )
  const [found, ...more] = groups.find((group) => group.length > 0) ?? []
  if (found !== undefined && more.length === 0) return Effect.succeed(found)
  if (found !== undefined) {
    const names = [found, ...more].map((entity) => tableId(entity)).join(" or ")
    return new ToolError({ message: `${asked} may be ${names}: name its schema` })
  }
  return new ToolError({ message: `there is no table ${asked}${hint(entities.map(shortName), asked)}` })
}

/** A table's column of this name. Fails with the nearest names. */
export const columnNamed = (entity: OntologyEntity, asked: string): Effect.Effect<OntologyColumn, ToolError> => {
  const { columns } = entity
  const found =
    columns.find(({ name }) => name === asked) ??
    columns.find(({ name }) => name.toLowerCase() === asked.trim().toLowerCase())
  if (found !== undefined) return Effect.succeed(found)
  const names = columns.map(({ name }) => name)
  return new ToolError({ message: `${shortName(entity)} has no column ${asked}${hint(names, asked)}` })
}

const hint = (names: ReadonlyArray<string>, asked: string): string => {
  const near = nearest(names, asked)
  return near.length === 0 ? "; search finds tables and columns by words" : `; the nearest are ${near.join(", ")}`
}

import { type TableName, tableId } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { titleCase } from "../language/Words.ts"
import type { Entity } from "./Entity.ts"

/**
 * Different tables have different names: those that would be called the same are told apart by their schemas ("Sales Order"), and those
 * of one schema by how they are spelled ("Order (orders_2)"). What is no thing of its own keeps its name. The same whatever the order.
 */
export const distinctNames = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  const named = new Map(entities.map((entity) => [tableId(entity), entity.name]))
  const things = entities.filter(({ verdict }) => verdict !== "technical" && verdict !== "empty")
  const rename = (nameOf: (entity: Entity, namesakes: ReadonlyArray<Entity>) => string) => {
    const byName = grouped(things, (entity) => fold(named.get(tableId(entity)) ?? ""))
    for (const entity of things) {
      const namesakes = byName(fold(entity.name)).length > 1 ? byName(fold(entity.name)) : []
      if (namesakes.length > 1) named.set(tableId(entity), nameOf(entity, namesakes))
    }
  }
  rename((entity, namesakes) =>
    namesakes.some(({ schema }) => schema !== entity.schema)
      ? `${schemaWords(entity)} ${entity.name}`.trim()
      : entity.name
  )
  const byFinal = grouped(things, (entity) => fold(named.get(tableId(entity)) ?? ""))
  return entities.map((entity) => {
    const name = named.get(tableId(entity)) ?? entity.name
    const spelled = byFinal(fold(name)).length > 1 && things.includes(entity) ? `${name} (${entity.table})` : name
    return spelled === entity.name
      ? entity
      : { ...entity, name: spelled, aliases: [entity.name, ...entity.aliases].filter((alias) => alias !== spelled) }
  })
}

const fold = (name: string) => name.toLowerCase()

const schemaWords = ({ schema }: TableName): string =>
  titleCase(schema.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [schema])

import { type TableName, tableId } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { titleCase } from "../language/Words.ts"
import type { Entity } from "./Entity.ts"

/**
 * Different tables have different names: those that would be called the same are told apart by their schemas ("Sales Order"), and those
 * of one schema by how they are spelled ("Order (orders_2)"). What is no thing of its own keeps its name. The same whatever the order.
 */
export const distinctNames = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  const things = entities.filter(({ verdict }) => verdict !== "technical" && verdict !== "empty")
  const byName = grouped(things, ({ name }) => fold(name))
  const inSchema = (entity: Entity): string =>
    byName(fold(entity.name)).some(({ schema }) => schema !== entity.schema)
      ? `${schemaWords(entity)} ${entity.name}`.trim()
      : entity.name
  const byQualified = grouped(things, (entity) => fold(inSchema(entity)))
  const thing = new Set(things)
  return entities.map((entity) => {
    if (!thing.has(entity)) return entity
    const name = inSchema(entity)
    const namesakes = byQualified(fold(name))
    if (namesakes.length < 2 && name === entity.name) return entity
    const isSpelledOnce = namesakes.filter(({ table }) => table === entity.table).length === 1
    const spelled = namesakes.length < 2 ? name : `${name} (${isSpelledOnce ? entity.table : tableId(entity)})`
    return { ...entity, name: spelled, aliases: [entity.name, ...entity.aliases].filter((alias) => alias !== spelled) }
  })
}

const fold = (name: string) => name.toLowerCase()

const schemaWords = ({ schema }: TableName): string =>
  titleCase(schema.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [schema])
